"""The entries of the two logs that a reader may see."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from audit.models import LOGS, BillingEvent, SecurityEvent
from audit.paging import NEWEST_FIRST, Search
from audit.queries.filters import Filters, narrowed, search
from audit.registry import Log


def billing_events(
    company_id: UUID, filters: Filters, customer_ids: Iterable[UUID] | None = None
) -> QuerySet[BillingEvent]:
    """A company's billing log, for a restricted reader only the entries about the customers they may see."""
    return narrowed(events_of("billing", company_id, customer_ids), filters)


def security_events(
    company_id: UUID, filters: Filters, customer_ids: Iterable[UUID] | None = None
) -> QuerySet[SecurityEvent]:
    """A company's security log, for a restricted reader only the entries about the customers they may see."""
    return narrowed(events_of("security", company_id, customer_ids), filters)


def billing_search(company_id: UUID, filters: Filters, customer_ids: Iterable[UUID] | None = None) -> Search:
    """The same entries as `billing_events`, to be read page by page in bounded time."""
    return in_log("billing", company_id, filters, customer_ids)


def security_search(company_id: UUID, filters: Filters, customer_ids: Iterable[UUID] | None = None) -> Search:
    """The same entries as `security_events`, to be read page by page in bounded time."""
    return in_log("security", company_id, filters, customer_ids)


def in_log(log: Log, company_id: UUID, filters: Filters, customer_ids: Iterable[UUID] | None = None) -> Search:
    """A search in one of the logs, by its name."""
    return search(events_of(log, company_id, customer_ids), filters)


def events_of(log: Log, company_id: UUID, customer_ids: Iterable[UUID] | None = None) -> QuerySet[Any]:
    """All entries of a company's log, for a restricted reader only those about the customers they may see."""
    manager: Any = LOGS[log].objects
    rows: QuerySet[Any] = manager.filter(company_id=company_id)
    return rows if customer_ids is None else rows.filter(customer_id__in=customer_ids)


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
    return theirs.filter(shown, SecurityEvent.still_names_its_object())


def recent(company_id: UUID, limit: int, customer_ids: Iterable[UUID] | None = None) -> list[BillingEvent]:
    """The latest entries of a company's billing log."""
    return list(events_of("billing", company_id, customer_ids).order_by(*NEWEST_FIRST)[:limit])


def was_recorded(action: str, *, company_id: UUID, actor_id: str, session: str, since: datetime, **said: Any) -> bool:
    """Whether this actor's session has an entry of this kind since an instant that says this as well."""
    rows = SecurityEvent.objects.filter(company_id=company_id, action=action, actor_id=actor_id, session=session)
    return rows.filter(at__gte=since, **said).exists()
