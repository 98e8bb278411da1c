"""Everything that changes a customer."""

import datetime
from collections.abc import Mapping
from typing import Any

from django.db import IntegrityError, transaction

from accounts.models import Company
from audit import log
from audit.actors import Actor
from billing import events, locks, numbering
from billing.actions.changes import set_changed, set_values
from billing.errors import CustomerNotChangeable, NameTaken
from billing.models import Customer, CustomField, Invoice, Sequence
from billing.queries.balances import balances_of

SERIES = "CUS"


@transaction.atomic
def create(
    *,
    company: Company,
    details: Mapping[str, Any],
    by: Actor,
    at: datetime.datetime,
    number: str = "",
    values: Mapping[CustomField, str] | None = None,
) -> Customer:
    """Add somebody who may come to owe; without a number of their own they get the next of the series.

    `values` are those of the company's own fields, as `custom_values.parse` writes them.
    """
    if number.upper().startswith(f"{SERIES}-"):
        raise NameTaken(f"Numbers that begin with {SERIES}- are given in turn. Leave the number empty to get the next.")
    customer = Customer(
        company=company,
        number=number or numbering.take(company.pk, Sequence.Kind.CUSTOMER, SERIES),
        created_at=at,
        **details,
    )
    try:
        with transaction.atomic():
            customer.save(force_insert=True)
    except IntegrityError as refusal:
        raise NameTaken(f"Another customer has the number {number}. Choose another, or leave it empty.") from refusal
    entered = {name: after for name, (_, after) in set_values(customer, values or {}).items()}
    log.record(events.CUSTOMER_CREATED, target=customer, by=by, at=at, number=customer.number, fields=entered)
    return customer


@transaction.atomic
def change(
    *,
    customer: Customer,
    details: Mapping[str, Any],
    by: Actor,
    at: datetime.datetime,
    values: Mapping[CustomField, str] | None = None,
) -> Customer:
    """Correct what is known about a customer; issued documents keep the copy they were issued with.

    Of the company's own fields those in `values` change, the others stay.
    """
    customer = locks.customer(customer.pk)
    refuse_archived(customer)
    changes = set_changed(customer, details)
    if changes:
        customer.save(update_fields=list(changes))
    changes |= set_values(customer, values or {})
    if changes:
        log.record(events.CUSTOMER_CHANGED, target=customer, by=by, at=at, changes=changes)
    return customer


@transaction.atomic
def archive(*, customer: Customer, by: Actor, at: datetime.datetime) -> Customer:
    """Take a customer out of the lists. Nothing may be left open, because nobody would look for it there."""
    customer = locks.customer(customer.pk)
    refuse_archived(customer)
    _refuse_open(customer)
    customer.archived_at = at
    customer.save(update_fields=["archived_at"])
    log.record(events.CUSTOMER_ARCHIVED, target=customer, by=by, at=at)
    return customer


@transaction.atomic
def restore(*, customer: Customer, by: Actor, at: datetime.datetime) -> Customer:
    """Do business with an archived customer again."""
    customer = locks.customer(customer.pk)
    if not customer.archived_at:
        raise CustomerNotChangeable(f"{customer} is not archived.")
    customer.archived_at = None
    customer.save(update_fields=["archived_at"])
    log.record(events.CUSTOMER_RESTORED, target=customer, by=by, at=at)
    return customer


def refuse_archived(customer: Customer) -> None:
    if customer.archived_at:
        raise CustomerNotChangeable(f"{customer} is archived. Restore the customer first.")


def _refuse_open(customer: Customer) -> None:
    for balance in balances_of(customer.pk, customer.currency):
        if balance.receivable:
            raise CustomerNotChangeable(
                f"{customer} still owes {balance.owed}. Collect it or write it off, then archive."
            )
        raise CustomerNotChangeable(
            f"{customer} has an unapplied credit of {balance.unapplied}. Use it or reverse it, then archive."
        )
    if drafts := customer.invoices.filter(status=Invoice.Status.DRAFT).count():
        raise CustomerNotChangeable(
            f"{customer} has {drafts} draft invoice{'s' if drafts > 1 else ''}. Issue or discard them, then archive."
        )
