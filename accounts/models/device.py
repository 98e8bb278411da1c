"""An authenticator app, and codes for the day a factor is lost."""

import base64
import secrets
from urllib.parse import quote, urlencode

from django.conf import settings
from django.db import models
from django_otp.models import Device, TimestampMixin
from django_otp.oath import TOTP

from security.fields import EncryptedField
from security.ids import uuid7

SEED_BYTES = 20
STEP_SECONDS = 30
DIGITS = 6
STEPS_OF_TOLERANCE = 1
ISSUER = "Invoiced"


def new_seed() -> str:
    """160 random bits, the length RFC 4226 recommends, as base32 text."""
    return base64.b32encode(secrets.token_bytes(SEED_BYTES)).decode()


class TotpDevice(TimestampMixin, Device):
    """An authenticator app. Its seed is encrypted; a time step is accepted once and never an older one.

    Guesses are counted for the account, not here: several apps give no more of them, and nobody else's
    wrong codes make the person wait.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="totp_devices")
    seed = EncryptedField(default=new_seed)
    last_step = models.BigIntegerField(default=-1)

    @property
    def persistent_id(self) -> str:
        """django-otp reads the part after the slash as a whole number, which a UUID also is."""
        return f"{self.model_label()}/{self.pk.int}"

    def shows(self, token: str) -> bool:
        """Whether the app shows this code about now, unused. `verify_token` decides it, and uses it up."""
        return self._step_of(token) is not None

    def verify_token(self, token: str) -> bool:
        """Accept a code once. Call it through `django_otp.verify_token`, which locks this row."""
        step = self._step_of(token)
        if step is None:
            return False
        self.last_step = step
        self.set_last_used_timestamp(commit=False)
        self.save(update_fields=["last_step", "last_used_at"])
        return True

    def provisioning_uri(self) -> str:
        """What the QR code says: the key URI format that authenticator apps read."""
        label = quote(f"{ISSUER}:{self.user.email}")
        parameters = urlencode({"secret": self.seed, "issuer": ISSUER, "digits": DIGITS, "period": STEP_SECONDS})
        return f"otpauth://totp/{label}?{parameters}"

    def _step_of(self, token: str) -> int | None:
        """The time step a code belongs to, if it is near now and newer than the last one used."""
        if not (token.isascii() and token.isdigit() and len(token) == DIGITS):
            return None
        totp = TOTP(base64.b32decode(self.seed), step=STEP_SECONDS, digits=DIGITS)
        if totp.verify(int(token), tolerance=STEPS_OF_TOLERANCE, min_t=self.last_step + 1):
            return totp.t()
        return None


class RecoveryCode(models.Model):
    """A code that stands in once for a second factor. Only its keyed hash is kept."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="recovery_codes")
    code_hash = models.CharField(max_length=80, unique=True)
    created_at = models.DateTimeField(editable=False)
    used_at = models.DateTimeField(null=True, editable=False)

    def __str__(self) -> str:
        return "Recovery code"
