"""The only place that locks rows, always in the order customer, invoice, payment; a caller is in a transaction.

Keys never change, so locks leave them free (FOR NO KEY UPDATE): a row that merely refers to a locked one can be added,
and two actions that hold different rows of a customer cannot wait for each other in a circle.
SQLite has no row locks: there the transaction itself, begun IMMEDIATE, keeps every other writer out.
"""

from collections.abc import Iterable
from typing import TypeVar
from uuid import UUID

from django.core.exceptions import ObjectDoesNotExist
from django.db.models import Exists, Model, OuterRef, QuerySet, prefetch_related_objects

from billing.errors import RecordGone
from billing.models import (
    Allocation,
    Contact,
    Customer,
    CustomField,
    Invoice,
    InvoiceLine,
    Item,
    Payment,
    PaymentAttempt,
    Seller,
    TaxRate,
)

Record = TypeVar("Record", bound=Model)


def customer(pk: UUID) -> Customer:
    return _one(Customer.objects.select_for_update(of=("self",), no_key=True).select_related("company"), pk)


def invoice(pk: UUID) -> Invoice:
    return _one(Invoice.objects.select_for_update(of=("self",), no_key=True).select_related("company"), pk)


def invoices(pks: Iterable[UUID]) -> list[Invoice]:
    """In the order of their ids, so that two callers never wait for each other."""
    ids = set(pks)
    found: list[Invoice] = list(Invoice.objects.select_for_update(no_key=True).filter(pk__in=ids).order_by("pk"))
    if len(found) < len(ids):
        raise RecordGone("One of these invoices is no longer there.")
    return found


def invoices_to_issue(pks: Iterable[UUID]) -> list[Invoice]:
    """As `invoices`, but only those still there; each with its customer and with `has_lines`."""
    lines = InvoiceLine.objects.filter(invoice=OuterRef("pk"))
    locked = Invoice.objects.select_for_update(no_key=True).filter(pk__in=list(pks)).order_by("pk")
    found: list[Invoice] = list(locked.annotate(has_lines=Exists(lines)))
    prefetch_related_objects(found, "customer")
    return found


def payment(pk: UUID) -> Payment:
    return _one(Payment.objects.select_for_update(of=("self",), no_key=True).select_related("customer"), pk)


def allocation(pk: UUID) -> Allocation:
    locked = Allocation.objects.select_for_update(of=("self",), no_key=True)
    return _one(locked.select_related("payment", "invoice"), pk)


def attempt(pk: UUID) -> PaymentAttempt:
    locked = PaymentAttempt.objects.select_for_update(of=("self",), no_key=True)
    return _one(locked.select_related("invoice", "customer"), pk)


def contact(pk: UUID) -> Contact:
    return _one(Contact.objects.select_for_update(of=("self",), no_key=True).select_related("customer"), pk)


def item(pk: UUID) -> Item:
    return _one(Item.objects.select_for_update(no_key=True), pk)


def custom_field(pk: UUID) -> CustomField:
    return _one(CustomField.objects.select_for_update(no_key=True), pk)


def tax_rate(pk: UUID) -> TaxRate:
    return _one(TaxRate.objects.select_for_update(no_key=True), pk)


def seller(pk: UUID) -> Seller:
    return _one(Seller.objects.select_for_update(no_key=True), pk)


def _one(locked: QuerySet[Record], pk: UUID) -> Record:
    """The row; a draft may have been discarded since the page was shown."""
    try:
        return locked.get(pk=pk)
    except ObjectDoesNotExist:
        raise RecordGone(f"This {locked.model._meta.verbose_name} is no longer there.") from None
