"""Letters to people about their own account, and the links in them."""

from datetime import datetime

from django.conf import settings
from django.db import models

from accounts.models.company import Company
from accounts.models.user import User
from security.ids import uuid7


class MailedLink(models.Model):
    """A link that acts for a person once. Its token is made when the letter leaves; only the hash is kept.

    Without a user it leads nowhere: it stands for an address that has no account, so that asking
    for one costs the same as for an address that has. Only an invitation is for whoever has the address.
    """

    class Purpose(models.TextChoices):
        RESET_PASSWORD = "reset_password", "choose a new password"
        UNLOCK = "unlock", "lift the wait after too many tries"
        NOT_ME = "not_me", "end all sessions and lock the account"
        OLD_EMAIL = "old_email", "agree to give up this address"
        NEW_EMAIL = "new_email", "agree to be the new address"
        CANCEL_FACTOR_RESET = "cancel_factor_reset", "keep the second factor"
        ACCEPT_INVITATION = "accept_invitation", "join a company"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, null=True, related_name="mailed_links")
    purpose = models.CharField(max_length=30, choices=Purpose.choices)
    token_hash = models.CharField(max_length=64, null=True, unique=True)
    subject_id = models.UUIDField(null=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(db_index=True)
    used_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"link to {self.get_purpose_display()}"

    @property
    def person(self) -> User:
        """Whom it acts for. One that leads nowhere has no token and is never opened."""
        if self.user is None:
            raise ValueError("A link that leads nowhere acts for nobody.")
        return self.user

    def is_live(self, at: datetime) -> bool:
        return self.used_at is None and at < self.expires_at


class Letter(models.Model):
    """One letter to one address. It leaves after the commit of the change that caused it."""

    class Status(models.TextChoices):
        QUEUED = "queued", "Queued"
        SENT = "sent", "Sent"
        FAILED = "failed", "Failed"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, null=True, related_name="+")
    company = models.ForeignKey(Company, on_delete=models.CASCADE, null=True, related_name="+")
    kind = models.CharField(max_length=40)
    recipient = models.CharField(max_length=254)
    facts = models.JSONField(default=dict)
    link = models.ForeignKey(MailedLink, on_delete=models.CASCADE, null=True, related_name="+")
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.QUEUED)
    attempts = models.PositiveSmallIntegerField(default=0)
    failure = models.CharField(max_length=300, default="")
    queued_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.kind.replace('_', ' ')} to {self.recipient}"
