"""The list of payments: narrowed, newest first, written out once."""

import datetime
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, TypedDict

from django.db.models import Q, QuerySet

from billing import formats
from billing.models import Customer, Payment
from billing.money import Money
from billing.queries.customer_names import customers_named
from billing.queries.keyset import PAGE_SIZE, Order, Page, page

STATES = {"kept": "Not reversed", "unapplied": "With money left", "reversed": "Reversed"}
NEWEST = Order("received_date", True, datetime.date.fromisoformat)
COLUMNS = (
    "number",
    "customer__name",
    "received_date",
    "method",
    "source",
    "reference",
    "currency",
    "amount",
    "unapplied",
    "reversed_at",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentFilters:
    state: str = ""
    currency: str = ""
    method: str = ""
    customer: Customer | None = None
    received_from: datetime.date | None = None
    received_to: datetime.date | None = None
    text: str = ""


class PaymentRow(TypedDict):
    """One line of the list, written out."""

    url: str
    number: str
    customer: str
    received: str
    received_iso: str
    way: str
    reference: str
    amount: str
    unapplied: str
    reversed: bool


def narrowed(payments: QuerySet[Payment], filters: PaymentFilters) -> QuerySet[Payment]:
    exact = {
        "currency": filters.currency,
        "method": filters.method,
        "customer": filters.customer,
        "received_date__gte": filters.received_from,
        "received_date__lte": filters.received_to,
    }
    rows = payments.filter(**{field: value for field, value in exact.items() if value})
    if filters.state == "kept":
        rows = rows.filter(reversed_at__isnull=True)
    elif filters.state == "unapplied":
        rows = rows.filter(unapplied__gt=0)
    elif filters.state == "reversed":
        rows = rows.filter(reversed_at__isnull=False)
    if filters.text:
        begins = Q(number__startswith=filters.text.upper()) | Q(reference__startswith=filters.text)
        rows = rows.filter(begins | Q(customer__in=customers_named(filters.text)))
    return rows


def listed(payments: QuerySet[Payment], *, after: str = "", before: str = "") -> Page:
    return page(payments, NEWEST, COLUMNS, after=after, before=before, size=PAGE_SIZE)


def rows_of(values: Iterable[dict[str, Any]], address: tuple[str, str]) -> list[PaymentRow]:
    """The rows written out; `address` is what stands before and after the id in the address of a payment."""
    return [_row(row, address) for row in values]


def _row(row: dict[str, Any], address: tuple[str, str]) -> PaymentRow:
    unapplied = Money(row["unapplied"], row["currency"])
    online = " online" if row["source"] == Payment.Source.GATEWAY else ""
    return PaymentRow(
        url=f"{address[0]}{row['id']}{address[1]}",
        number=row["number"],
        customer=row["customer__name"],
        received=formats.day(row["received_date"]),
        received_iso=row["received_date"].isoformat(),
        way=f"{Payment.Method(row['method']).label}{online}",
        reference=row["reference"],
        amount=formats.money(Money(row["amount"], row["currency"])),
        unapplied=formats.money(unapplied) if unapplied else "",
        reversed=row["reversed_at"] is not None,
    )
