"""Everything that changes a company, or which one a person works in."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.db import transaction

from accounts import events
from accounts.models import Company, Membership
from accounts.scoping import in_company
from audit import log
from audit.actors import Actor

on_company_created: list[Callable[..., Any]] = []
"""What the apps above set up for a new company. Each is called, in the company's scope and in the
same transaction, as `declared(company=…, currency=…, by=…, at=…)`; they add themselves at
start-up, and refuse with a ValueError whose text is a sentence."""


@transaction.atomic
def create(*, name: str, time_zone: str, currency: str, by: Actor, at: datetime) -> Company:
    """Open the books of a new company. `currency` is what its invoices say unless told otherwise."""
    company = Company(name=name, time_zone=time_zone, created_at=at)
    company.full_clean()
    company.save()
    log.record(events.COMPANY_CREATED, target=company, by=by, at=at)
    with in_company(company):
        for declared in on_company_created:
            declared(company=company, currency=currency, by=by, at=at)
    return company


@transaction.atomic
def enter(*, membership: Membership, by: Actor, at: datetime) -> None:
    """Note that a person now works in another of their companies; the caller changes the session."""
    log.record(events.COMPANY_ENTERED, target=membership.company, by=by, at=at)
