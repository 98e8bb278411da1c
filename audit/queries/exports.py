"""The downloads of the logs somebody made, and how many entries they have."""

from uuid import UUID

from django.db.models import QuerySet

from audit.models import Export
from audit.paging import Search

COUNTED = 100_000
COUNTED_LANES = 50


def exports_of(company_id: UUID, user_id: UUID) -> QuerySet[Export]:
    """A member's own, the latest first."""
    return Export.objects.filter(company_id=company_id, user_id=user_id).order_by("-id")


def counted(search: Search) -> int | None:
    """How many entries an index alone can count; None where each would have to be looked at, or there are too many."""
    if search.rest is not None or len(search.lanes) > COUNTED_LANES:
        return None
    count = sum(lane.values("pk")[: COUNTED + 1].count() for lane in search.lanes)
    return count if count <= COUNTED else None
