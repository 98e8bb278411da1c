"""Who belongs to which company, as what, and which customers they see."""

from django.conf import settings
from django.db import models

from accounts import roles
from accounts.models.company import Company
from security.ids import uuid7


class MembershipQuerySet(models.QuerySet["Membership"]):
    def live(self) -> "MembershipQuerySet":
        """Those that let somebody in today."""
        return self.filter(revoked_at__isnull=True, user__is_active=True)


class Membership(models.Model):
    """A person in a company. Revoked, it stays as a record and lets nobody in."""

    class Restriction(models.TextChoices):
        NONE = "none", "All customers"
        OWNER = "owner", "Own customers only"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    company = models.ForeignKey(Company, on_delete=models.PROTECT, related_name="memberships")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="memberships")
    role = models.CharField(max_length=40, choices=list(roles.NAMES.items()))
    restriction = models.CharField(max_length=10, choices=Restriction.choices, default=Restriction.NONE)
    created_at = models.DateTimeField(editable=False)
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
            models.CheckConstraint(
                condition=models.Q(role__in=list(roles.BUILT_IN)),
                name="membership_role_is_known",
            ),
        ]

    def __str__(self) -> str:
        return str(self.user)
