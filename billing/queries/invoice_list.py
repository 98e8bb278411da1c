"""The list of invoices: narrowed, sorted, paged, counted as far as that is cheap, and written out once."""

import datetime
import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NamedTuple, TypedDict

from django.db.models import Q, QuerySet, Sum, Value
from django.db.models.functions import Coalesce

from billing import formats
from billing.currencies import CURRENCIES
from billing.models import Customer, Invoice, Sequence
from billing.money import LARGEST, Money, MoneyError, round_minor
from billing.queries.customer_names import customers_named
from billing.queries.keyset import COUNTED, Order, Page, page
from billing.statuses import SHOWN_STATUSES, shown_status

SCOPES = {
    "open": "Outstanding",
    "overdue": "Overdue",
    "unpaid": "Nothing paid yet",
    "partly_paid": "Partly paid",
    "disputed": "Disputed",
}
STATUSES = SHOWN_STATUSES | SCOPES
LONGEST_NUMBER = 12
NUMBER = re.compile(r"[A-Z0-9-]{0,32}")
COLUMNS = (
    "number",
    "customer_name",
    "status",
    "currency",
    "issue_date",
    "due_date",
    "total",
    "balance",
    "amount_paid",
    "sent_at",
    "viewed_at",
    "pending_at",
    "disputed_at",
)


def _minor(text: str) -> int:
    minor = int(text)
    if abs(minor) > LARGEST:
        raise ValueError(text)
    return minor


def _number(text: str) -> str:
    if not NUMBER.fullmatch(text):
        raise ValueError(text)
    return text


_SORTED = {
    "issued": ("issue_date", datetime.date.fromisoformat),
    "due": ("due_date", datetime.date.fromisoformat),
    "amount": ("total", _minor),
    "number": ("numbered", _number),
}
ORDERS = {
    f"{sign}{name}": Order(column, sign == "-", read) for name, (column, read) in _SORTED.items() for sign in ("-", "")
}
NEWEST = "-issued"


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoiceFilters:
    """What a reader narrows the list to; every end of a range is included."""

    status: str = ""
    customer: Customer | None = None
    currency: str = ""
    issued_from: datetime.date | None = None
    issued_to: datetime.date | None = None
    due_from: datetime.date | None = None
    due_to: datetime.date | None = None
    amount_from: Decimal | None = None
    amount_to: Decimal | None = None
    text: str = ""


class InvoiceRow(TypedDict):
    """One line of the list, written out; a template reads a dictionary twice as fast as an object."""

    id: str
    url: str
    number: str
    customer: str
    issued: str
    issued_iso: str
    due: str
    due_iso: str
    late: str
    status: str
    status_word: str
    total: str
    balance: str
    disputed: bool


class CurrencySum(NamedTuple):
    currency: str
    total: str
    balance: str


class Extent(NamedTuple):
    """How many there are, and what they come to where there are few enough to add up."""

    count: int  # type: ignore[assignment]
    more: bool
    sums: list[CurrencySum]

    @property
    def words(self) -> str:
        return f"{COUNTED:,}+" if self.more else f"{self.count:,}"


def narrowed(invoices: QuerySet[Invoice], filters: InvoiceFilters, as_of: datetime.date) -> QuerySet[Invoice]:
    """Those of the invoices that the filters ask for."""
    rows = _of_status(invoices, filters.status, as_of)
    exact = {
        "customer": filters.customer,
        "currency": filters.currency,
        "issue_date__gte": filters.issued_from,
        "issue_date__lte": filters.issued_to,
        "due_date__gte": filters.due_from,
        "due_date__lte": filters.due_to,
    }
    rows = rows.filter(**{field: value for field, value in exact.items() if value})
    if filters.amount_from is not None:
        rows = rows.filter(_amount("gte", filters.amount_from, filters.currency))
    if filters.amount_to is not None:
        rows = rows.filter(_amount("lte", filters.amount_to, filters.currency))
    return rows.filter(_words(filters.text)) if filters.text else rows


def listed(invoices: QuerySet[Invoice], order: Order, *, after: str = "", before: str = "", size: int) -> Page:
    """One page of the invoices in that order."""
    rows = invoices.annotate(numbered=Coalesce("number", Value(""))) if order.column == "numbered" else invoices
    columns = (*COLUMNS, "numbered") if order.column == "numbered" else COLUMNS
    return page(rows, order, columns, after=after, before=before, size=size)


def extent(invoices: QuerySet[Invoice]) -> Extent:
    """Counts to a thousand and adds up no more than that, so it costs the same for any company.

    In the order of an index: without one, a planner that finds the company common reads the table from its start.
    """
    count = invoices.order_by("-issue_date", "-id")[: COUNTED + 1].count()
    if count > COUNTED or not count:
        return Extent(min(count, COUNTED), count > COUNTED, [])
    found = invoices.order_by("currency").values_list("currency").annotate(Sum("total"), Sum("balance"))
    sums = [
        CurrencySum(
            currency,
            formats.money(Money(total, currency)),
            formats.money(Money(balance, currency)) if balance else "",
        )
        for currency, total, balance in found
        if max(total, balance) <= LARGEST
    ]
    return Extent(count, False, sums)


def rows_of(
    values: Iterable[dict[str, Any]], as_of: datetime.date, address: tuple[str, str] = ("", "")
) -> list[InvoiceRow]:
    """The rows written out; `address` is what stands before and after the id in the address of an invoice."""
    return [_row(row, as_of, address) for row in values]


def _row(row: dict[str, Any], as_of: datetime.date, address: tuple[str, str]) -> InvoiceRow:
    id = str(row["id"])
    currency, issue_date, due_date = row["currency"], row["issue_date"], row["due_date"]
    days_late = (as_of - due_date).days
    shown = shown_status(
        status=row["status"],
        owed=row["balance"],
        pending=row["pending_at"] is not None,
        late=days_late > 0,
        viewed=row["viewed_at"] is not None,
        sent=row["sent_at"] is not None,
    )
    owes = row["status"] == Invoice.Status.ISSUED and row["balance"] > 0
    return InvoiceRow(
        id=id,
        url=f"{address[0]}{id}{address[1]}",
        number=row["number"] or "Draft",
        customer=row["customer_name"],
        issued=formats.day(issue_date),
        issued_iso=issue_date.isoformat(),
        due=formats.day(due_date),
        due_iso=due_date.isoformat(),
        late=_late(days_late) if owes and days_late > 0 else "",
        status=shown,
        status_word=SHOWN_STATUSES[shown],
        total=formats.money(Money(row["total"], currency)),
        balance=formats.money(Money(row["balance"], currency)) if owes and row["amount_paid"] else "",
        disputed=row["disputed_at"] is not None,
    )


def _late(days: int) -> str:
    return "1 day late" if days == 1 else f"{days:,} days late"


def _of_status(invoices: Any, status: str, as_of: datetime.date) -> Any:
    if status == "open":
        return invoices.open()
    if status == "overdue":
        return invoices.overdue(as_of)
    if status == "unpaid":
        return invoices.open().filter(amount_paid=0)
    if status == "partly_paid":
        return invoices.open().filter(amount_paid__gt=0)
    if status == "disputed":
        return invoices.issued().filter(disputed_at__isnull=False)
    return invoices.shown_as(status, as_of) if status else invoices


def _amount(comparison: str, amount: Decimal, currency: str) -> Q:
    """Totals compared with an amount in major units, whatever decimals each currency has."""
    if currency:
        return Q(**{f"total__{comparison}": _bound(amount, currency)})
    unusual = {code: known.exponent for code, known in CURRENCIES.items() if known.exponent != 2}
    condition = ~Q(currency__in=unusual) & Q(**{f"total__{comparison}": _bound(amount, "EUR")})
    for exponent in sorted(set(unusual.values())):
        codes = [code for code, places in unusual.items() if places == exponent]
        condition |= Q(currency__in=codes, **{f"total__{comparison}": _bound(amount, codes[0])})
    return condition


def _bound(amount: Decimal, currency: str) -> int:
    try:
        return round_minor(amount, currency).minor
    except MoneyError:
        return LARGEST


def _words(text: str) -> Q:
    """Its number or purchase order begins so, or the customer's name holds it. Bare digits are a number's."""
    found = Q(number__startswith=text.upper()) | Q(customer__in=customers_named(text))
    found |= Q(purchase_order__startswith=text) & ~Q(purchase_order="")
    if text.isascii() and text.isdigit() and len(text) <= LONGEST_NUMBER:
        found |= Q(number__in=_written_numbers(int(text)))
    return found


def _written_numbers(number: int) -> list[str]:
    series = Sequence.objects.filter(kind=Sequence.Kind.INVOICE).values_list("series", "digits")
    return [f"{name}-{number:0{digits}d}" for name, digits in series]
