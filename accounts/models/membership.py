"""Who belongs to which company, as what, and which customers they see."""

from datetime import datetime

from django.conf import settings
from django.db import models

from accounts.models.company import Company
from accounts.models.grant import HasRole, Restricted, one_role
from security.ids import uuid7


class MembershipQuerySet(models.QuerySet["Membership"]):
    def live(self) -> "MembershipQuerySet":
        """Those that let somebody in today."""
        return self.filter(revoked_at__isnull=True, suspended_at__isnull=True, user__is_active=True)

    def acting(self) -> "MembershipQuerySet":
        """Those of them whose account is open: whoever is locked out decides nothing and cannot be asked."""
        return self.live().filter(user__locked_at__isnull=True, user__needs_fresh_start=False)

    def present(self) -> "MembershipQuerySet":
        """Those that were not ended, the suspended ones too."""
        return self.filter(revoked_at__isnull=True)


class Membership(HasRole, Restricted):
    """A person in a company. Suspended it lets nobody in until it is reactivated; revoked it stays as a record.

    The owner of a company is one of its administrators, and stays so until another accepts to take over.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    company = models.ForeignKey(Company, on_delete=models.PROTECT, related_name="memberships")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="memberships")
    is_owner = models.BooleanField(default=False)
    created_at = models.DateTimeField(editable=False)
    last_seen_at = models.DateTimeField(null=True, editable=False)
    unused_warned_at = models.DateTimeField(null=True, editable=False)
    suspended_at = models.DateTimeField(null=True, editable=False)
    revoked_at = models.DateTimeField(null=True, editable=False)

    objects = MembershipQuerySet.as_manager()

    class Meta:
        ordering = ["created_at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["company", "user"],
                condition=models.Q(revoked_at__isnull=True),
                name="membership_one_live_per_person_and_company",
            ),
            models.UniqueConstraint(
                fields=["company"], condition=models.Q(is_owner=True), name="membership_one_owner_per_company"
            ),
            models.CheckConstraint(
                condition=models.Q(is_owner=False)
                | models.Q(role="administrator", suspended_at__isnull=True, revoked_at__isnull=True),
                name="membership_owner_is_a_live_administrator",
            ),
            *one_role("membership"),
        ]

    def __str__(self) -> str:
        return str(self.user)

    @property
    def is_live(self) -> bool:
        """Whether it lets the person in, as far as this row tells."""
        return self.revoked_at is None and self.suspended_at is None

    @property
    def used_at(self) -> datetime:
        """When it was last used; made or reactivated counts as a use."""
        return self.last_seen_at or self.created_at
