"""Where a person is signed in, and the browsers they have signed in with before."""

from datetime import datetime, timedelta
from enum import StrEnum
from math import ceil

from django.conf import settings
from django.db import models

from accounts.models.company import LONGEST_IDLE_MINUTES, LONGEST_SESSION_HOURS, Company
from security.ids import uuid7
from security.user_agents import named
from security.visits import Visit

LONGEST_IDLE = timedelta(minutes=LONGEST_IDLE_MINUTES)
LONGEST = timedelta(hours=LONGEST_SESSION_HOURS)


class Proof(StrEnum):
    """What a person can show to be themselves."""

    PASSWORD = "password"  # noqa: S105
    APP = "app"
    PASSKEY = "passkey"
    RECOVERY = "recovery"


PROOF_WORDS = {
    Proof.PASSWORD: "password",
    Proof.PASSKEY: "passkey",
    Proof.APP: "authenticator app",
    Proof.RECOVERY: "recovery code",
}
SECOND_FACTORS = frozenset({Proof.APP, Proof.PASSKEY, Proof.RECOVERY})


class KnownDevice(models.Model):
    """A browser in which a person has signed in. It replaces no factor: it is not asked to introduce itself again."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="known_devices")
    token_hash = models.CharField(max_length=64, db_index=True)
    browser = models.CharField(max_length=40)
    system = models.CharField(max_length=40)
    first_seen_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "token_hash"], name="known_device_once_per_user"),
        ]

    def __str__(self) -> str:
        return named(self.browser, self.system)


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

    @property
    def shown(self) -> str:
        """In words, what was shown in it."""
        return " and ".join(words for kind, words in PROOF_WORDS.items() if kind in self.proofs)

    @property
    def idle(self) -> timedelta:
        """How long nothing may be done in it. Its company may demand less than the product."""
        return timedelta(minutes=self.company.idle_minutes) if self.company else LONGEST_IDLE

    @property
    def longest(self) -> timedelta:
        """How long it may last, whatever is done in it."""
        return timedelta(hours=self.company.session_hours) if self.company else LONGEST

    def is_live(self, at: datetime) -> bool:
        return at < self.ends_at(self.idle, self.longest)

    def seconds_left(self, at: datetime) -> tuple[int, int]:
        """How long it goes on if nothing is done in it, and how long at most."""
        idle, longest = self.seen_at + self.idle - at, self.started_at + self.longest - at
        return ceil(min(idle, longest).total_seconds()), ceil(longest.total_seconds())
