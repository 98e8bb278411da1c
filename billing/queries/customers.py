"""The list of customers: narrowed, sorted, paged, and written out once."""

import datetime
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db.models import Exists, F, FilteredRelation, OuterRef, Q, QuerySet, Sum

from accounts.models import User
from billing.custom_values import shown
from billing.models import Contact, Customer, CustomerBalance, CustomField, Invoice
from billing.money import LARGEST
from billing.queries.balances import Balance, balances_by_customer, written
from billing.queries.custom_fields import matching, values_by_customer
from billing.queries.keyset import Order, Page, page

FILTERS = {"": "Active", "owing": "Owing", "overdue": "Overdue", "credit": "With credit", "archived": "Archived"}
COLUMNS = ("name", "number", "email", "owner__name", "archived_at")


def _name(text: str) -> str:
    if "\x00" in text:
        raise ValueError(text)
    return text


def _minor(text: str) -> int:
    minor = int(text)
    if not 0 <= minor <= LARGEST * 1000:
        raise ValueError(text)
    return minor


ORDERS = {
    "name": Order("name", False, _name),
    "-name": Order("name", True, _name),
    "-balance": Order("owed", True, _minor),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerFilters:
    """What a reader narrows the list to. Sorted by balance, it shows those who owe in one currency."""

    text: str = ""
    show: str = ""
    owner: User | None = None
    currency: str = ""
    sort: str = "name"
    values: Mapping[CustomField, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CustomerRow:
    id: UUID
    name: str
    number: str
    email: str
    owner: str
    balances: list[Balance]
    overdue: list[str]
    archived: bool
    values: list[str]


def narrowed(customers: QuerySet[Customer], filters: CustomerFilters, as_of: datetime.date) -> QuerySet[Customer]:
    """Those of the customers that the filters ask for; archived ones only when asked for."""
    rows = customers.filter(archived_at__isnull=filters.show != "archived")
    if filters.owner:
        rows = rows.filter(owner=filters.owner)
    if filters.show in ("owing", "overdue", "credit"):
        rows = rows.filter(Exists(_with_something_open(filters, as_of)))
    elif filters.currency:
        rows = rows.filter(currency=filters.currency)
    if filters.values:
        rows = rows.filter(matching(filters.values))
    return rows.filter(_words(filters.text)) if filters.text else rows


def listed(
    customers: QuerySet[Customer],
    company_id: UUID,
    sort: str,
    currency: str,
    *,
    after: str = "",
    before: str = "",
    size: int,
) -> Page:
    """One page of the company's customers. By balance: the most owed in `currency` first, and only who owes in it."""
    order = ORDERS[sort]
    if order.column == "owed":
        customers = (
            customers.annotate(
                in_currency=FilteredRelation(
                    "balances", condition=Q(balances__company=company_id, balances__currency=currency)
                )
            )
            .filter(in_currency__receivable__gt=0)
            .annotate(owed=F("in_currency__receivable"))
        )
    columns = (*COLUMNS, "owed") if order.column == "owed" else COLUMNS
    return page(customers, order, columns, after=after, before=before, size=size)


def rows_of(
    values: Sequence[dict[str, Any]], first: str, as_of: datetime.date, fields: Sequence[CustomField] = ()
) -> list[CustomerRow]:
    """The rows with what each customer owes, the currency `first` before others, and has in the company's `fields`.

    Two queries for a page, a third where there are fields.
    """
    ids = [row["id"] for row in values]
    balances, overdue, own = balances_by_customer(ids, first), _overdue(ids, as_of), values_by_customer(ids, fields)
    return [
        CustomerRow(
            id=row["id"],
            name=row["name"],
            number=row["number"],
            email=row["email"],
            owner=row["owner__name"] or "",
            balances=balances.get(row["id"], []),
            overdue=overdue.get(row["id"], []),
            archived=row["archived_at"] is not None,
            values=[shown(one.kind, own[row["id"]].get(one.pk, "")) for one in fields],
        )
        for row in values
    ]


def _with_something_open(filters: CustomerFilters, as_of: datetime.date) -> QuerySet[Any]:
    mine: dict[str, Any] = {"customer": OuterRef("pk")}
    if filters.currency:
        mine["currency"] = filters.currency
    if filters.show == "overdue":
        return Invoice.objects.overdue(as_of).filter(**mine)
    return CustomerBalance.objects.filter(**mine, **{"receivable__gt" if filters.show == "owing" else "credit__gt": 0})


def _words(text: str) -> Q:
    """Its name holds it, or its number or an e-mail address of it begins so."""
    contacts = Contact.objects.filter(email__istartswith=text, archived_at__isnull=True).order_by().values("customer")
    return Q(name__icontains=text) | Q(number__istartswith=text) | Q(email__istartswith=text) | Q(pk__in=contacts)


def _overdue(ids: Sequence[UUID], as_of: datetime.date) -> dict[UUID, list[str]]:
    rows = (
        Invoice.objects.overdue(as_of)
        .filter(customer__in=ids)
        .order_by("currency")
        .values_list("customer_id", "currency")
        .annotate(Sum("balance"))
    )
    found: dict[UUID, list[str]] = defaultdict(list)
    for customer_id, currency, minor in rows:
        found[customer_id].append(written(minor, currency))
    return found
