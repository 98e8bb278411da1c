"""How long what entries say is kept, and of which that time is over."""

from calendar import monthrange
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Exists, OuterRef, Q, QuerySet

from audit.models import Envelope, Leaf
from audit.models.settings import LONGEST_MONTHS, LogSettings
from audit.triggers import KEPT_DAYS, KEPT_FOR_EVER

KEPT_AT_LEAST = timedelta(days=KEPT_DAYS, hours=1)
"""The database refuses to erase earlier, by its own clock; the hour is for clocks that differ."""


def kept_months(company_id: UUID) -> int:
    """For how many months a company keeps what its entries say."""
    chosen = LogSettings.objects.filter(pk=company_id).values_list("kept_months", flat=True).first()
    return chosen or LONGEST_MONTHS


def kept_since(at: datetime, months: int, time_zone: str) -> datetime:
    """The start of the day that lies so many calendar months back: what is older is erased.

    A month that lacks the day has its last one instead. Never less than twelve months ago, leap year or not.
    """
    zone = ZoneInfo(time_zone)
    today = at.astimezone(zone)
    year, month = divmod(today.year * 12 + today.month - 1 - months, 12)
    day = min(today.day, monthrange(year, month + 1)[1])
    return min(datetime(year, month + 1, day, tzinfo=zone).astimezone(UTC), at - KEPT_AT_LEAST)


def unerased(log: type[Envelope], company_id: UUID | None) -> QuerySet[Any]:
    """The entries of a company, or of None, that say something and will not do so for ever."""
    rows = log._base_manager.filter(erased_at__isnull=True).exclude(action__in=KEPT_FOR_EVER)
    return rows.filter(company_id=company_id) if company_id else rows.filter(company_id__isnull=True)


def erasable(log: type[Envelope], company_id: UUID | None, until: datetime) -> QuerySet[Any]:
    """Those from before an instant that have their place in the tree, so that their hash stands."""
    placed = Leaf.objects.filter(log=log.log, entry_id=OuterRef("pk"))
    return unerased(log, company_id).filter(Exists(placed), at__lt=until)


def about(ids: list[str], team: list[str]) -> Q:
    """Who acted is one of these, or what was acted on, unless by somebody of the team: that is their trail as well."""
    return Q(actor_id__in=ids) | Q(object_id__in=ids) & ~Q(actor_id__in=team)


def kept_for(ids: list[str], team: list[str]) -> Q:
    """What was acted on is one of these, and somebody of the team acted."""
    return Q(object_id__in=ids, actor_id__in=team) & ~Q(actor_id__in=ids)


def count_up_to(most: int, *sets: QuerySet[Any]) -> int:
    """How many rows there are in all; counted no further than to one more than `most`."""
    counted = 0
    for rows in sets:
        counted += rows[: most + 1 - counted].count()
        if counted > most:
            break
    return counted
