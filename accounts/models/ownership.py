"""Handing a company over."""

from datetime import datetime

from django.db import models

from accounts.models.company import Company
from accounts.models.membership import Membership
from security.ids import uuid7


class OwnershipTransfer(models.Model):
    """The owner offers the company to another administrator. It passes when that one accepts."""

    class Outcome(models.TextChoices):
        ACCEPTED = "accepted", "Accepted"
        DECLINED = "declined", "Declined"
        WITHDRAWN = "withdrawn", "Withdrawn"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    company = models.ForeignKey(Company, on_delete=models.PROTECT, related_name="ownership_transfers")
    offered_by = models.ForeignKey(Membership, on_delete=models.PROTECT, related_name="+")
    offered_to = models.ForeignKey(Membership, on_delete=models.PROTECT, related_name="+")
    offered_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=10, choices=Outcome.choices, default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["company"], condition=models.Q(ended_at__isnull=True), name="ownership_transfer_one_at_a_time"
            ),
        ]

    def __str__(self) -> str:
        return f"offer of {self.company}"

    def is_open(self, at: datetime) -> bool:
        return self.ended_at is None and at < self.expires_at
