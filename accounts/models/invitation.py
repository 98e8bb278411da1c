"""Asking somebody into a company."""

from datetime import datetime

from django.conf import settings
from django.db import models

from accounts.models.company import Company
from accounts.models.grant import HasRole, Restricted, one_role
from security.ids import uuid7

MOST_AT_ONCE = 50


class Invitation(HasRole, Restricted):
    """A role offered to whoever has one address. It is accepted once, within seven days, or withdrawn."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    company = models.ForeignKey(Company, on_delete=models.PROTECT, related_name="invitations")
    email = models.EmailField(max_length=254)
    invited_by = models.ForeignKey("accounts.Membership", on_delete=models.PROTECT, related_name="+")
    invited_at = models.DateTimeField(editable=False)
    sent_at = models.DateTimeField(editable=False)
    expires_at = models.DateTimeField(editable=False, db_index=True)
    accepted_at = models.DateTimeField(null=True, editable=False)
    accepted_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    withdrawn_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        ordering = ["-invited_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["company", "email"],
                condition=models.Q(accepted_at__isnull=True, withdrawn_at__isnull=True),
                name="invitation_one_open_per_address",
            ),
            *one_role("invitation"),
        ]

    def __str__(self) -> str:
        return self.email

    def is_open(self, at: datetime) -> bool:
        """Whether it can still be accepted."""
        return self.accepted_at is None and self.withdrawn_at is None and at < self.expires_at
