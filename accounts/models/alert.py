"""What a company is warned of, and who gets the log's checkpoints."""

from django.db import models
from django_scopes import ScopedManager

from accounts.models.company import Company
from accounts.models.user import User
from security.ids import uuid7


class AlertSettings(models.Model):
    """Who is told beside the administrators, which kinds of alerts are off, and where checkpoints go every day."""

    company = models.OneToOneField(Company, on_delete=models.CASCADE, primary_key=True, related_name="alert_settings")
    off = models.JSONField(default=list, blank=True)
    addresses = models.JSONField(default=list, blank=True)
    checkpoint_addresses = models.JSONField(default=list, blank=True)
    checkpoint_mailed_on = models.DateField(null=True)

    def __str__(self) -> str:
        return f"alerts of {self.company}"


class Alert(models.Model):
    """Something that was to be noticed. It stands on the dashboard until somebody has dealt with it.

    `cause` keeps one cause from alerting twice: the entry it was about, or what is wrong with the log since when.
    `over_at` says since when a trouble of the log is over.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    company = models.ForeignKey(Company, on_delete=models.CASCADE, related_name="alerts")
    kind = models.CharField(max_length=40)
    cause = models.CharField(max_length=100)
    sentence = models.CharField(max_length=500)
    entry_id = models.UUIDField(null=True)
    log = models.CharField(max_length=8, blank=True)
    at = models.DateTimeField()
    seen_at = models.DateTimeField(null=True)
    seen_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    over_at = models.DateTimeField(null=True)

    objects = ScopedManager(company="company_id")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["company", "kind", "cause"], name="alert_once_for_a_cause"),
        ]
        indexes = [
            models.Index(fields=["company", "-at", "-id"], name="alert_newest_first"),
            models.Index(fields=["company"], condition=models.Q(seen_at__isnull=True), name="alert_to_deal_with"),
            models.Index(
                fields=["kind", "company"],
                condition=models.Q(over_at__isnull=True, entry_id__isnull=True),
                name="alert_going_on",
            ),
        ]

    def __str__(self) -> str:
        return self.sentence
