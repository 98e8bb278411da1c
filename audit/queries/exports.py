"""The downloads of the logs somebody made, and how many entries they have."""

from uuid import UUID

from django.db.models import QuerySet

from audit.models import Export
from audit.paging import Search, newest

COUNTED = 10_000
"""More entries than this are not counted: how far an export has come is then told without the end."""
COUNTED_LANES = 50
MANY = 1_000
"""More entries than this, or more customers, are a mass export."""


def exports_of(company_id: UUID, user_id: UUID) -> QuerySet[Export]:
    """A member's own, the latest first."""
    return Export.objects.filter(company_id=company_id, user_id=user_id).order_by("-id")


def counted(search: Search) -> int | None:
    """How many entries there are, up to COUNTED; None for more, and where a search looks through what no index finds.

    Each that is counted may have to be looked up in its table: not every condition is in the index of its lane.
    """
    if search.rest is not None or len(search.lanes) > COUNTED_LANES:
        return None
    count = sum(lane.values("pk")[: COUNTED + 1].count() for lane in search.lanes)
    return count if count <= COUNTED else None


def at_least(search: Search) -> int:
    """So many entries a search finds at least: counted to just over MANY, and as far back as its first pages look."""
    return len(newest(search, MANY)[0])
