"""The least Django that writes the same rows as our actions: no locks but the series row's, no rules, no checks."""

import datetime
import json
from decimal import Decimal

from django.db import transaction

from audit.models import BillingEvent
from billing.models import (
    Allocation,
    Customer,
    CustomerBalance,
    Invoice,
    InvoiceLine,
    InvoiceTax,
    LedgerEntry,
    Payment,
    Sequence,
)

LINES = 5


def number(company_id, kind, series, count=1):
    kept = Sequence.objects.select_for_update().get(kind=kind, series=series)
    first = kept.next_number
    kept.next_number += count
    kept.save(update_fields=["next_number"])
    return [f"{series}-{value:06d}" for value in range(first, first + count)]


def invoice(customer: Customer, written: str, day: datetime.date, at: datetime.datetime) -> Invoice:
    return Invoice(
        company_id=customer.company_id,
        customer=customer,
        status="issued",
        number=written,
        customer_name=customer.name,
        customer_copy={"name": customer.name},
        seller_copy={"legal_name": "Bench"},
        currency="EUR",
        issue_date=day,
        due_date=day + datetime.timedelta(days=30),
        payment_terms="NET 30",
        tax_rounding="document",
        subtotal=50_000,
        tax=9_500,
        total=59_500,
        balance=59_500,
        created_at=at,
        issued_at=at,
    )


def lines(of: Invoice, taxes: list) -> list[InvoiceLine]:
    return [
        InvoiceLine(
            company_id=of.company_id,
            invoice=of,
            position=position,
            name="Consulting",
            quantity=Decimal(1),
            unit_price=Decimal(100),
            taxes=taxes,
            gross=10_000,
            net=10_000,
            tax=1_900,
            total=11_900,
        )
        for position in range(1, LINES + 1)
    ]


def tax(of: Invoice) -> InvoiceTax:
    return InvoiceTax(
        company_id=of.company_id,
        invoice=of,
        position=1,
        name="VAT",
        percent=Decimal(19),
        category="S",
        base=50_000,
        amount=9_500,
    )


def entry(of: Invoice, at: datetime.datetime) -> LedgerEntry:
    return LedgerEntry(
        company_id=of.company_id,
        customer_id=of.customer_id,
        invoice=of,
        account="receivable",
        kind="issued",
        currency="EUR",
        amount=59_500,
        entry_date=of.issue_date,
        recorded_at=at,
    )


def event(of, action: str, at: datetime.datetime) -> BillingEvent:
    return BillingEvent(
        at=at,
        company_id=of.company_id,
        customer_id=of.customer_id,
        actor_type="operator",
        actor_id="bench",
        actor_label="bench",
        action=action,
        object_type=of._meta.model_name,
        object_id=str(of.pk),
        object_label=str(of),
        data=json.loads('{"total": "EUR 595.00", "customer": "Customer"}'),
        outcome="success",
    )


def owe(customer: Customer, receivable: int) -> None:
    balance = CustomerBalance.objects.select_for_update().get(customer=customer, currency="EUR")
    balance.receivable = balance.receivable.minor + receivable
    balance.save(update_fields=["receivable"])


@transaction.atomic
def issue(customer: Customer, taxes: list, day: datetime.date, at: datetime.datetime) -> Invoice:
    made = invoice(customer, *number(customer.company_id, "invoice", "INV"), day, at)
    made.status, made.number, kept = "draft", None, made.number
    made.issued_at, made.balance = None, 0
    made.save(force_insert=True)
    InvoiceLine.objects.bulk_create(lines(made, taxes))
    tax(made).save(force_insert=True)
    made.status, made.number, made.issued_at, made.balance = "issued", kept, at, 59_500
    made.save(update_fields=["status", "number", "issued_at", "balance"])
    entry(made, at).save(force_insert=True)
    owe(customer, 59_500)
    event(made, "invoice.drafted", at).save(force_insert=True)
    event(made, "invoice.issued", at).save(force_insert=True)
    return made


@transaction.atomic
def issue_many(customers: list[Customer], taxes: list, day: datetime.date, at: datetime.datetime) -> int:
    """Lines first would meet the guard of issued invoices, so the invoices are written as drafts and then updated."""
    numbers = number(customers[0].company_id, "invoice", "INV", len(customers))
    made = [invoice(customer, written, day, at) for customer, written in zip(customers, numbers, strict=True)]
    for one in made:
        one.status, one.number, one.issued_at, one.balance = "draft", None, None, 0
    Invoice.objects.bulk_create(made)
    InvoiceLine.objects.bulk_create([line for one in made for line in lines(one, taxes)])
    InvoiceTax.objects.bulk_create([tax(one) for one in made])
    for one, written in zip(made, numbers, strict=True):
        one.status, one.number, one.issued_at, one.balance = "issued", written, at, 59_500
    Invoice.objects.bulk_create(
        made,
        update_conflicts=True,
        unique_fields=["id"],
        update_fields=["status", "number", "issued_at", "balance"],
    )
    LedgerEntry.objects.bulk_create([entry(one, at) for one in made])
    for customer in {one.customer_id: one.customer for one in made}.values():
        owe(customer, 59_500 * sum(one.customer_id == customer.pk for one in made))
    BillingEvent.objects.bulk_create([event(one, action, at) for one in made for action in ACTIONS])
    return len(made)


ACTIONS = ("invoice.drafted", "invoice.issued")


@transaction.atomic
def pay(of: Invoice, key, day: datetime.date, at: datetime.datetime) -> None:
    made = Payment(
        company_id=of.company_id,
        customer_id=of.customer_id,
        number=number(of.company_id, "payment", "PAY")[0],
        request_key=key,
        received_date=day,
        currency="EUR",
        amount=59_500,
        unapplied=0,
        method="wire_transfer",
        source="keyed",
        recorded_at=at,
    )
    made.save(force_insert=True)
    Allocation.objects.create(
        company_id=of.company_id, payment=made, invoice=of, currency="EUR", amount=59_500, allocated_at=at
    )
    kept = Invoice.objects.select_for_update().get(pk=of.pk)
    kept.amount_paid, kept.balance, kept.settled_at = 59_500, 0, at
    kept.save(update_fields=["amount_paid", "balance", "settled_at"])
    for account, kind, amount, invoice_of in (
        ("credit", "received", -59_500, None),
        ("credit", "allocated", 59_500, of),
        ("receivable", "allocated", -59_500, of),
    ):
        LedgerEntry.objects.create(
            company_id=of.company_id,
            customer_id=of.customer_id,
            payment=made,
            invoice=invoice_of,
            account=account,
            kind=kind,
            currency="EUR",
            amount=amount,
            entry_date=day,
            recorded_at=at,
        )
    owe(of.customer, -59_500)
    event(made, "payment.recorded", at).save(force_insert=True)
