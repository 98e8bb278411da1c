"""Who has not been in a company for long."""

from datetime import datetime

from django.db.models import QuerySet
from django.db.models.functions import Coalesce

from accounts.models import Membership


def unused_since(day: datetime) -> QuerySet[Membership]:
    """Live members who were last here before then; being let in counts as having been here."""
    last_used = Coalesce("last_seen_at", "created_at")
    members = Membership.objects.live().select_related("user", "company").alias(last_used=last_used)
    return members.filter(last_used__lte=day).order_by("pk")


def to_warn(unused_since_day: datetime) -> QuerySet[Membership]:
    """Those of them who have not been warned."""
    return unused_since(unused_since_day).filter(unused_warned_at__isnull=True)


def to_suspend(unused_since_day: datetime, warned_before: datetime) -> QuerySet[Membership]:
    """Those of them who were warned before then, but for the owners, who stay."""
    warned = unused_since(unused_since_day).filter(unused_warned_at__lte=warned_before)
    return warned.filter(is_owner=False)
