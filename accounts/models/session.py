"""Where a person is signed in, and the browsers they have signed in with before."""

from datetime import timedelta
from enum import StrEnum

from django.conf import settings
from django.db import models

from accounts.models.company import Company
from security.ids import uuid7
from security.visits import Visit

ANONYMOUS_IDLE = timedelta(minutes=15)


class Proof(StrEnum):
    """What a person can show to be themselves."""

    PASSWORD = "password"  # noqa: S105
    APP = "app"
    PASSKEY = "passkey"
    RECOVERY = "recovery"


SECOND_FACTORS = frozenset({Proof.APP, Proof.PASSKEY, Proof.RECOVERY})


class KnownDevice(models.Model):
    """A browser in which a person has signed in. It replaces no factor: it is not asked to introduce itself again."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="known_devices")
    token_hash = models.CharField(max_length=64)
    browser = models.CharField(max_length=40)
    system = models.CharField(max_length=40)
    first_seen_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "token_hash"], name="known_device_once_per_user"),
        ]

    def __str__(self) -> str:
        return " on ".join(part for part in (self.browser, self.system) if part) or "Unknown browser"


class Session(Visit):
    """One sign-in in one browser, or, without a user, the short while before it.

    `proofs` says when each kind of `Proof` was last shown in it, as instants in ISO 8601. `role` is the
    one its key was made for.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, null=True, related_name="sessions")
    company = models.ForeignKey(Company, on_delete=models.CASCADE, null=True, related_name="+")
    role = models.CharField(max_length=40, default="")
    known_device = models.ForeignKey(KnownDevice, on_delete=models.SET_NULL, null=True, related_name="sessions")
    proofs = models.JSONField(default=dict)
    data = models.TextField(default="")

    class Meta:
        indexes = [models.Index(fields=["user", "-seen_at"], name="session_of_user_by_last_use")]

    def __str__(self) -> str:
        return self.device
