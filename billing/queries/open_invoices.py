"""What a customer still has to pay, oldest first: what a payment can be used on."""

import datetime
from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.db.models import QuerySet

from billing import formats
from billing.models import Customer, Invoice
from billing.money import Money

MOST = 200


@dataclass(frozen=True, slots=True)
class OpenInvoice:
    id: UUID
    number: str
    due: str
    late: bool
    balance: Money
    owed: str


def currencies_owed(invoices: QuerySet[Invoice], customer: Customer) -> list[str]:
    """The currencies the customer owes in."""
    owed = invoices.open().filter(customer=customer).order_by("currency")
    return list(owed.values_list("currency", flat=True).distinct())


def open_invoices(
    invoices: QuerySet[Invoice],
    customer: Customer,
    currency: str,
    as_of: datetime.date,
    wanted: UUID | None = None,
) -> list[OpenInvoice]:
    """The oldest, and the one that is `wanted` however many come before it."""
    owed = invoices.open().filter(customer=customer, currency=currency).order_by("due_date", "id")
    values = owed.values_list("id", "number", "due_date", "balance")
    rows = list(values[:MOST])
    if wanted and all(id != wanted for id, *_ in rows):
        rows += values.filter(pk=wanted)
    return [_row(id, number, due, Money(minor, currency), as_of) for id, number, due, minor in rows]


def shared_out(amount: Money, invoices: Iterable[OpenInvoice]) -> dict[UUID, Money]:
    """The amount used on the oldest first, until nothing of it is left."""
    parts = {}
    for invoice in invoices:
        part = min(amount, invoice.balance)
        if part.minor <= 0:
            break
        parts[invoice.id] = part
        amount -= part
    return parts


def _row(id: UUID, number: str, due: datetime.date, balance: Money, as_of: datetime.date) -> OpenInvoice:
    return OpenInvoice(id, number, formats.day(due), due < as_of, balance, formats.money(balance))
