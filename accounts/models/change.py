"""Changes to an account that take more than one person or more than one moment."""

from django.conf import settings
from django.db import models

from accounts.models.company import Company
from security.ids import uuid7


class EmailChange(models.Model):
    """A new address for signing in. It counts once the old and the new address have both agreed."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="email_changes")
    old_email = models.EmailField(max_length=254)
    new_email = models.EmailField(max_length=254)
    started_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    old_agreed_at = models.DateTimeField(null=True)
    new_agreed_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user"], condition=models.Q(ended_at__isnull=True), name="email_change_one_at_a_time"
            ),
        ]

    def __str__(self) -> str:
        return f"change to {self.new_email}"


class FactorReset(models.Model):
    """Somebody who lost every factor asks for a fresh start: another administrator agrees, then a day passes."""

    class Outcome(models.TextChoices):
        DONE = "done", "Done"
        REFUSED = "refused", "Refused"
        CANCELLED = "cancelled", "Cancelled"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="factor_resets")
    company = models.ForeignKey(Company, on_delete=models.CASCADE, related_name="+")
    asked_at = models.DateTimeField()
    approved_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    approved_at = models.DateTimeField(null=True)
    due_at = models.DateTimeField(null=True, db_index=True)
    ended_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=10, choices=Outcome.choices, default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user"], condition=models.Q(ended_at__isnull=True), name="factor_reset_one_at_a_time"
            ),
        ]

    def __str__(self) -> str:
        return f"fresh start of the second factor of {self.user}"
