"""Reading the logs."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet, TextField
from django.db.models.functions import Cast

from audit.models import BillingEvent, SecurityEvent

TIMELINE = 100


@dataclass(frozen=True, slots=True)
class Filters:
    """What a reader narrows a log to. `since` is included, `until` is not."""

    actor_id: str = ""
    actor_text: str = ""
    actor_type: str = ""
    actions: Collection[str] = ()
    object_type: str = ""
    object_id: str = ""
    customer_id: UUID | None = None
    outcome: str = ""
    since: datetime | None = None
    until: datetime | None = None
    text: str = ""


def billing_events(
    company_id: UUID, filters: Filters, customer_ids: Iterable[UUID] | None = None
) -> QuerySet[BillingEvent]:
    """A company's billing log, for a restricted reader only the entries about the customers they may see."""
    return _narrowed(_about(BillingEvent.objects.filter(company_id=company_id), customer_ids), filters)


def security_events(
    company_id: UUID, filters: Filters, customer_ids: Iterable[UUID] | None = None
) -> QuerySet[SecurityEvent]:
    """A company's security log, for a restricted reader only the entries about the customers they may see."""
    return _narrowed(_about(SecurityEvent.objects.filter(company_id=company_id), customer_ids), filters)


def account_events(
    user_id: UUID, company_id: UUID | None, customer_ids: Iterable[UUID] | None = None
) -> QuerySet[SecurityEvent]:
    """What happened to one person's account, in every company and outside of them.

    About customers only what happened in the company they work in now, and to a restricted reader's own.
    """
    theirs = SecurityEvent.objects.filter(Q(object_type="user", object_id=str(user_id)) | Q(actor_id=str(user_id)))
    shown = Q(customer_id__isnull=True)
    if company_id:
        shown |= Q(company_id=company_id) & (Q() if customer_ids is None else Q(customer_id__in=customer_ids))
    return theirs.filter(shown)


def history(object_type: str, object_id: UUID | str, limit: int = TIMELINE) -> list[BillingEvent]:
    """What happened to one object, newest first."""
    return _newest(BillingEvent.objects.filter(object_type=object_type, object_id=str(object_id)), limit)


def histories(
    objects: Mapping[str, Collection[UUID]], customer_ids: Iterable[UUID] | None = None, limit: int = TIMELINE
) -> list[BillingEvent]:
    """What happened to several objects, given as ids by type, newest first.

    For a restricted reader without what happened while they were of a customer who is hidden.
    """
    ids = [str(id) for group in objects.values() for id in group]
    rows = BillingEvent.objects.filter(object_type__in=list(objects), object_id__in=ids)
    return _newest(_about(rows, customer_ids), limit)


def customer_history(customer_id: UUID, limit: int = TIMELINE) -> list[BillingEvent]:
    """What happened to a customer and to everything that is theirs, newest first."""
    return _newest(BillingEvent.objects.filter(customer_id=customer_id), limit)


def recent(company_id: UUID, limit: int, customer_ids: Iterable[UUID] | None = None) -> list[BillingEvent]:
    """The latest entries of a company's billing log."""
    return _newest(billing_events(company_id, Filters(), customer_ids), limit)


def was_recorded(action: str, *, company_id: UUID, actor_id: str, session: str, since: datetime) -> bool:
    """Whether this actor's session has an entry of this kind since an instant."""
    rows = SecurityEvent.objects.filter(company_id=company_id, action=action, actor_id=actor_id, session=session)
    return rows.filter(at__gte=since).exists()


def _about(rows: QuerySet[Any], customer_ids: Iterable[UUID] | None) -> QuerySet[Any]:
    return rows if customer_ids is None else rows.filter(customer_id__in=customer_ids)


def _newest(rows: QuerySet[Any], limit: int) -> list[Any]:
    return list(rows.order_by("-at", "-id")[:limit])


def _narrowed(rows: QuerySet[Any], filters: Filters) -> QuerySet[Any]:
    exact = {
        "actor_id": filters.actor_id,
        "actor_type": filters.actor_type,
        "action__in": filters.actions,
        "object_type": filters.object_type,
        "object_id": filters.object_id,
        "customer_id": filters.customer_id,
        "outcome": filters.outcome,
        "at__gte": filters.since,
        "at__lt": filters.until,
        "actor_label__icontains": filters.actor_text,
    }
    rows = rows.filter(**{field: value for field, value in exact.items() if value})
    if filters.text:
        named = Q(object_label__icontains=filters.text) | Q(reason__icontains=filters.text)
        rows = rows.alias(words=Cast("data", TextField())).filter(named | Q(words__icontains=filters.text))
    return rows
