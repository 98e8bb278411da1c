"""What happened to one record, and to what hangs on it."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from audit.models import BillingEvent
from audit.paging import NEWEST_FIRST, Search
from audit.queries.logs import events_of
from audit.records import parts_of

TIMELINE = 100


def histories(
    objects: Mapping[str, Collection[UUID]], customer_ids: Iterable[UUID] | None = None, limit: int = TIMELINE
) -> list[BillingEvent]:
    """What happened to several objects, given as ids by type, newest first.

    For a restricted reader without what happened while they were of a customer who is hidden.
    """
    rows = _about(BillingEvent.objects.all(), objects)
    return _newest(rows if customer_ids is None else rows.filter(customer_id__in=customer_ids), limit)


def customer_history(customer_id: UUID, limit: int = TIMELINE) -> list[BillingEvent]:
    """What happened to a customer and to everything that is theirs, newest first."""
    return _newest(BillingEvent.objects.filter(customer_id=customer_id), limit)


def object_search(
    object_type: str, object_id: UUID, company_id: UUID, customer_ids: Iterable[UUID] | None = None
) -> Search:
    """All entries of the billing log about an object and about what hangs on it."""
    rows = events_of("billing", company_id, customer_ids)
    if object_type == "customer":
        return Search([rows.filter(customer_id=object_id)])
    return Search([_about(rows, {object_type: [object_id], **parts_of(object_type, object_id)})])


def _about(rows: QuerySet[Any], objects: Mapping[str, Collection[UUID]]) -> QuerySet[Any]:
    ids = [str(id) for group in objects.values() for id in group]
    return rows.filter(BillingEvent.still_names_its_object(), object_type__in=list(objects), object_id__in=ids)


def _newest(rows: QuerySet[Any], limit: int) -> list[Any]:
    return list(rows.order_by(*NEWEST_FIRST)[:limit])
