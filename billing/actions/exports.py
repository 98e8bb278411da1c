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

ALL_CUSTOMERS = Kind("customer_export", "download all customers", Permission.EXPORT_RUN, door="billing:customer_list")


@transaction.atomic
def record_invoices(*, company: Company, filters: Mapping[str, str], by: Actor, at: datetime.datetime) -> None:
    """Somebody took the list of invoices with them, narrowed by `filters`."""
    log.record(events.INVOICES_EXPORTED, target=company, by=by, at=at, filters=dict(filters))


@transaction.atomic
def record_customers(
    *, membership: Membership, filters: Mapping[str, str], are_all: bool, by: Actor, at: datetime.datetime
) -> None:
    """A member takes the list of customers with them, narrowed by `filters`.

    Where the company wants it, they take all customers of the company only once a second person agreed.
    """
    company = granting.holder(membership, Permission.EXPORT_RUN).company
    if are_all and waits(company, ALL_CUSTOMERS):
        approvals.use(kind=ALL_CUSTOMERS, membership=membership, target=company, by=by, at=at)
    log.record(events.CUSTOMERS_EXPORTED, target=company, by=by, at=at, filters=dict(filters))
