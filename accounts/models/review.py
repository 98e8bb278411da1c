"""Proof that somebody looked, every half year, whether each member should still be one."""

from django.conf import settings
from django.db import models

from accounts.models.company import Company
from accounts.models.membership import Membership
from security.ids import uuid7


class AccessReview(models.Model):
    """One round in which every member is confirmed. It is finished when the last one was."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    company = models.ForeignKey(Company, on_delete=models.PROTECT, related_name="access_reviews")
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-started_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["company"], condition=models.Q(finished_at__isnull=True), name="access_review_one_at_a_time"
            ),
        ]

    def __str__(self) -> str:
        return f"access review of {self.company}"


class ReviewedMember(models.Model):
    """That somebody confirmed what one member may do and see, in the words of that day."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    review = models.ForeignKey(AccessReview, on_delete=models.PROTECT, related_name="members")
    membership = models.ForeignKey(Membership, on_delete=models.PROTECT, related_name="+")
    role_name = models.CharField(max_length=60)
    restriction = models.CharField(max_length=800)
    confirmed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    confirmed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["review", "membership"], name="reviewed_member_once_per_review"),
        ]

    def __str__(self) -> str:
        return str(self.membership)
