"""Issuing and paying through the ordinary actions, against bare ORM code that writes the same rows."""

from decimal import Decimal
from uuid import uuid4

from django.db import transaction

from accounts.scoping import in_company
from bench import bare, seeding
from bench.measuring import Row, rates
from bench.seeding import AT, BY, DAY
from billing import drafts as entries
from billing.actions import drafts, invoices, payments
from billing.drafts import Draft, LineEntry
from billing.models import Customer, Invoice, TaxRate

SINGLE, RUN = 100, 1_000


def measure(member) -> list[Row]:
    company, customers = seeding.company("Writing", member)
    with in_company(company):
        vat = TaxRate.objects.create(company=company, name="VAT", percent=Decimal(19))
        taxes = entries.copies([vat])
        turn = iter(customers * 1000)

        def ours() -> int:
            for _ in range(SINGLE):
                with transaction.atomic():
                    draft = drafts.create(draft=entered(next(turn), vat), by=BY, at=AT)
                    invoices.issue(invoice=draft, by=BY, at=AT)
            return SINGLE

        def theirs() -> int:
            for _ in range(SINGLE):
                bare.issue(next(turn), taxes, DAY, AT)
            return SINGLE

        def our_run() -> int:
            with transaction.atomic():
                made = drafts.create_many(drafts_entered=[entered(next(turn), vat) for _ in range(RUN)], by=BY, at=AT)
                return len(invoices.issue_many(invoice_ids=[one.pk for one in made], by=BY, at=AT))

        def their_run() -> int:
            return bare.issue_many([next(turn) for _ in range(RUN)], taxes, DAY, AT)

        single = rates([ours, theirs])
        run = rates([our_run, their_run], rounds=3)
        owed = iter(Invoice.objects.open().select_related("customer").order_by("pk")[: SINGLE * 14])

        def our_payments() -> int:
            for _ in range(SINGLE):
                invoice = next(owed)
                payments.record(
                    customer=invoice.customer,
                    amount=invoice.balance,
                    received_date=DAY,
                    method="wire_transfer",
                    request_key=uuid4(),
                    uses=[payments.Use(invoice.pk, invoice.balance)],
                    by=BY,
                    at=AT,
                )
            return SINGLE

        def their_payments() -> int:
            for _ in range(SINGLE):
                bare.pay(next(owed), uuid4(), DAY, AT)
            return SINGLE

        paid = rates([our_payments, their_payments])
    return [
        Row("issue one invoice, 5 lines with tax", single[0], "bare ORM, same rows", single[1], 0.7),
        Row("issue 1,000 at once", run[0], "bulk_create, same rows", run[1], 0.5),
        Row("record a payment on an invoice", paid[0], "bare ORM, same rows", paid[1], 0.7),
    ]


def entered(customer: Customer, vat: TaxRate) -> Draft:
    line = LineEntry(name="Consulting", quantity=Decimal(1), unit_price=Decimal(100), tax_rates=(vat,))
    return Draft(customer=customer, currency="EUR", issue_date=DAY, payment_terms="NET 30", lines=[line] * 5)
