"""What leaves as a file leaves a trace."""

import datetime
from collections.abc import Mapping

from django.db import transaction

from accounts.actions import approvals, granting
from accounts.approvals import Kind, waits
from accounts.models import Company, Membership
from accounts.permissions import Permission
from audit import log
from audit.actors import Actor
from billing import events

CUSTOMERS = Kind(
    "customer_export",
    "download customers",
    Permission.EXPORT_RUN,
    door="billing:customer_list",
    note="This is about lists of customers. Lists of invoices and the logs leave without waiting; an alert tells of a "
    "mass export. Members who see only some customers download those alone. API keys read customers too: let making "
    "them wait as well.",
)


@transaction.atomic
def record_invoices(*, company: Company, filters: Mapping[str, str], by: Actor, at: datetime.datetime) -> None:
    """Somebody took the list of invoices with them, narrowed by `filters`."""
    log.record(events.INVOICES_EXPORTED, target=company, by=by, at=at, filters=dict(filters))


@transaction.atomic
def record_customers(
    *, membership: Membership, filters: Mapping[str, str], words: str, at_least: int, by: Actor, at: datetime.datetime
) -> None:
    """A member takes the list of customers with them, narrowed by `filters`, in `words` for people.

    These are `at_least` so many customers.

    Where the company wants it, who sees all customers takes any of them only once a second person agreed to exactly
    these: many small lists are all of them, too.
    """
    holder = granting.holder(membership, Permission.EXPORT_RUN)
    company = holder.company
    if not holder.is_restricted and waits(company, CUSTOMERS):
        payload = {"filters": dict(filters), "changes": {"Customers": ["", words]}}
        approvals.use(kind=CUSTOMERS, membership=membership, target=company, payload=payload, by=by, at=at)
    log.record(events.CUSTOMERS_EXPORTED, target=company, by=by, at=at, filters=dict(filters), at_least=at_least)
