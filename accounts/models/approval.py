"""What one person asked for and a second one must agree to."""

from datetime import datetime

from django.db import models
from django.db.models import F, Q

from accounts.models.company import Company
from accounts.models.membership import Membership
from security.ids import uuid7


class Approval(models.Model):
    """One act that waits for a second person. `payload` is what the act needs, as plain values; no secret among it.

    An act that only its requester can finish (a download, a key shown once) is `used_at` that moment.
    """

    class Outcome(models.TextChoices):
        WAITING = "waiting", "Waiting"
        APPROVED = "approved", "Approved"
        REFUSED = "refused", "Refused"
        WITHDRAWN = "withdrawn", "Withdrawn"
        EXPIRED = "expired", "Expired"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    company = models.ForeignKey(Company, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=40)
    object_type = models.CharField(max_length=40)
    object_id = models.CharField(max_length=40)
    object_label = models.CharField(max_length=200)
    customer_id = models.UUIDField(null=True)
    amount = models.CharField(max_length=40, blank=True)
    payload = models.JSONField(default=dict)
    reason = models.TextField(max_length=500, blank=True)
    requested_by = models.ForeignKey(Membership, on_delete=models.PROTECT, related_name="+")
    requested_at = models.DateTimeField()
    expires_at = models.DateTimeField(db_index=True)
    outcome = models.CharField(max_length=10, choices=Outcome.choices, default=Outcome.WAITING)
    decided_by = models.ForeignKey(Membership, on_delete=models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    decision_reason = models.TextField(max_length=500, blank=True)
    used_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(decided_by__isnull=True) | ~Q(decided_by=F("requested_by")),
                name="approval_is_by_a_second_person",
            ),
            models.UniqueConstraint(
                fields=["company", "kind", "object_type", "object_id", "requested_by"],
                condition=Q(outcome="waiting"),
                name="approval_asked_once",
            ),
        ]
        indexes = [
            models.Index(F("company"), F("requested_at").desc(), F("id").desc(), name="approval_newest"),
            models.Index(
                F("company"), F("requested_at").desc(), condition=Q(outcome="waiting"), name="approval_waiting"
            ),
        ]

    def __str__(self) -> str:
        return self.object_label

    def is_waiting(self, at: datetime) -> bool:
        return self.outcome == self.Outcome.WAITING and at < self.expires_at
