"""What leaves as a file leaves a trace."""

import datetime
from collections.abc import Mapping

from django.db import transaction

from accounts.models import Company
from audit import log
from audit.actors import Actor
from billing import events


@transaction.atomic
def record_invoices(*, company: Company, filters: Mapping[str, str], by: Actor, at: datetime.datetime) -> None:
    """Somebody took the list of invoices with them, narrowed by `filters`."""
    log.record(events.INVOICES_EXPORTED, target=company, by=by, at=at, filters=dict(filters))


@transaction.atomic
def record_customers(*, company: Company, filters: Mapping[str, str], by: Actor, at: datetime.datetime) -> None:
    """Somebody took the list of customers with them, narrowed by `filters`."""
    log.record(events.CUSTOMERS_EXPORTED, target=company, by=by, at=at, filters=dict(filters))
