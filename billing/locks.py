"""The only place that locks rows, always in the order customer, invoice, payment; a caller is in a transaction.

Keys never change, so locks leave them free (FOR NO KEY UPDATE): a row that merely refers to a locked one can be added,
and two actions that hold different rows of a customer cannot wait for each other in a circle.
SQLite has no row locks: there the transaction itself, begun IMMEDIATE, keeps every other writer out.
"""

from collections.abc import Iterable
from uuid import UUID

from django.db.models import Exists, OuterRef, prefetch_related_objects

from billing.models import (
    Allocation,
    Contact,
    Customer,
    Invoice,
    InvoiceLine,
    Item,
    Payment,
    PaymentAttempt,
    Seller,
    TaxRate,
)


def customer(pk: UUID) -> Customer:
    return Customer.objects.select_for_update(of=("self",), no_key=True).select_related("company").get(pk=pk)


def invoice(pk: UUID) -> Invoice:
    return Invoice.objects.select_for_update(of=("self",), no_key=True).select_related("company").get(pk=pk)


def invoices(pks: Iterable[UUID]) -> list[Invoice]:
    """In the order of their ids, so that two callers never wait for each other."""
    return list(Invoice.objects.select_for_update(no_key=True).filter(pk__in=list(pks)).order_by("pk"))


def invoices_to_issue(pks: Iterable[UUID]) -> list[Invoice]:
    """As `invoices`, each with its customer and with `has_lines`."""
    lines = InvoiceLine.objects.filter(invoice=OuterRef("pk"))
    locked = Invoice.objects.select_for_update(no_key=True).filter(pk__in=list(pks)).order_by("pk")
    found: list[Invoice] = list(locked.annotate(has_lines=Exists(lines)))
    prefetch_related_objects(found, "customer")
    return found


def payment(pk: UUID) -> Payment:
    return Payment.objects.select_for_update(of=("self",), no_key=True).select_related("customer").get(pk=pk)


def allocation(pk: UUID) -> Allocation:
    return (
        Allocation.objects.select_for_update(of=("self",), no_key=True).select_related("payment", "invoice").get(pk=pk)
    )


def attempt(pk: UUID) -> PaymentAttempt:
    return (
        PaymentAttempt.objects.select_for_update(of=("self",), no_key=True)
        .select_related("invoice", "customer")
        .get(pk=pk)
    )


def contact(pk: UUID) -> Contact:
    return Contact.objects.select_for_update(of=("self",), no_key=True).select_related("customer").get(pk=pk)


def item(pk: UUID) -> Item:
    return Item.objects.select_for_update(no_key=True).get(pk=pk)


def tax_rate(pk: UUID) -> TaxRate:
    return TaxRate.objects.select_for_update(no_key=True).get(pk=pk)


def seller(pk: UUID) -> Seller:
    return Seller.objects.select_for_update(no_key=True).get(pk=pk)
