import io
from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.models import F

from accounts.actions import companies
from accounts.scoping import in_company
from audit import sealing
from audit.actions import erasing
from audit.models import BillingEvent
from audit.triggers import release
from billing.actions import customers, drafts, invoices, payments
from billing.drafts import AdjustmentEntry
from billing.models import (
    Allocation,
    CustomerBalance,
    Invoice,
    InvoiceLine,
    InvoiceTax,
    LedgerEntry,
    Payment,
    PaymentAttempt,
    Sequence,
)
from billing.money import Money
from security.ids import uuid7
from tests import books, visitors
from tests.books import AT, BY, TODAY

DETAILS = {"name": "Acme", "currency": "EUR", "payment_terms": "NET 30"}


def checked(**options) -> str:
    """What the command prints if the books are true."""
    printed = io.StringIO()
    call_command("check_books", stdout=printed, **options)
    return printed.getvalue()


def faults() -> list[str]:
    """What the command names if they are not."""
    printed = io.StringIO()
    with pytest.raises(CommandError, match="The books are wrong in"):
        call_command("check_books", stdout=printed)
    return [line.strip() for line in printed.getvalue().splitlines() if line.startswith("      ")]


@pytest.fixture
def acme(company):
    books.seller(company)
    return customers.create(company=company, details=DETAILS, by=BY, at=AT)


def every_act(acme) -> None:
    """Everything that can happen to an invoice and a payment, once at least."""
    vat, low = books.tax_rate(acme.company), books.tax_rate(acme.company, "7", "Low")
    books.draft(acme)
    drafts.discard(invoice=books.draft(acme), by=BY, at=AT)
    rich = books.issued(
        acme,
        lines=[
            books.line("33.333333", "3", tax_rates=(vat,), discount_percent=Decimal(10)),
            books.line("0.05", "7", tax_rates=(vat, low)),
            books.line("12", discount_amount=Money(100, "EUR")),
        ],
        adjustments=[
            AdjustmentEntry(kind="discount", label="Loyalty", percent=Decimal(5)),
            AdjustmentEntry(kind="charge", label="Shipping", amount=Money(499, "EUR"), tax_rates=(vat,)),
        ],
        tax_rounding="line",
        prices_include_tax=True,
    )
    books.paid(rich, "10")
    books.issued(acme, prepaid=Money(10000, "EUR"))
    invoices.void(invoice=books.issued(acme, prepaid=Money(10000, "EUR")), reason="Wrong", by=BY, at=AT)
    invoices.void(invoice=books.issued(acme), reason="Wrong", by=BY, at=AT)
    gone = books.issued(acme)
    part = books.paid(gone, "30")
    invoices.write_off(invoice=gone, reason="Gone", by=BY, at=AT)
    invoices.reinstate(invoice=gone, by=BY, at=AT)
    payments.release(allocation=part.allocations.get(), by=BY, at=AT)
    payments.allocate(payment=part, invoice=gone, amount=Money(500, "EUR"), by=BY, at=AT)
    payments.reverse(payment=part, reason="Bounced", by=BY, at=AT)
    invoices.write_off(invoice=gone, reason="Gone", by=BY, at=AT)
    books.payment(acme, "40")
    books.paid(books.issued(acme, currency="JPY", lines=[books.line("7000")]))


def test_books_kept_by_the_actions_are_true(acme):
    every_act(acme)

    printed = checked()

    assert "BAD" not in printed
    assert printed.endswith("The books are true.\n")


@pytest.mark.django_db(transaction=True)
def test_everything_is_read_as_of_one_moment():
    company = companies.create(name="Ledger", time_zone="UTC", currency="EUR", by=BY, at=AT)
    with in_company(company):
        every_act(customers.create(company=company, details=DETAILS, by=BY, at=AT))

    assert checked().endswith("The books are true.\n")
    companies.create(name="Written afterwards", time_zone="UTC", currency="EUR", by=BY, at=AT)


def test_one_company_can_be_chosen(company, acme):
    visitors.company("Rival")

    assert checked(company="Rival").startswith("Rival\n")
    assert checked(company=str(company.pk)).startswith("Ledger\n")
    with pytest.raises(CommandError, match="There are: Ledger, Rival"):
        checked(company="Nobody")


def test_a_stored_balance_that_is_not_the_sum_is_named(acme):
    books.issued(acme)
    CustomerBalance.objects.update(receivable=F("receivable") + 1, credit=2)

    [fault] = faults()
    assert fault.replace("\N{NO-BREAK SPACE}", " ") == (
        "Acme: stored are EUR 100.01 owed and EUR 0.02 credit, the ledger says EUR 100.00 owed and EUR 0.00 credit"
    )


def test_a_balance_that_was_lost_is_named(acme):
    books.issued(acme)
    CustomerBalance.objects.all().delete()

    assert [fault.partition(":")[0] for fault in faults()] == ["Acme"]


def test_an_invoice_marked_as_paid_by_nobody_is_named(acme):
    books.issued(acme)
    Invoice.objects.update(amount_paid=500, balance=F("balance") - 500)

    assert [fault.replace("\N{NO-BREAK SPACE}", " ") for fault in faults()] == [
        "INV-000001: the balance is EUR 95.00, the ledger says EUR 100.00",
        "INV-000001: EUR 5.00 is marked as paid, EUR 0.00 is allocated",
    ]


def test_a_payment_with_more_left_than_it_has_is_named(acme):
    books.paid(books.issued(acme), "60")
    Payment.objects.update(unapplied=100)

    assert [fault.replace("\N{NO-BREAK SPACE}", " ") for fault in faults()] == [
        "PAY-000001: EUR 1.00 is unapplied, the ledger says EUR 0.00",
        "PAY-000001: of EUR 60.00 EUR 60.00 is allocated and EUR 1.00 unapplied",
    ]


def test_an_allocation_that_vanished_is_named(acme):
    books.paid(books.issued(acme), "60")
    Allocation.objects.update(released_at=AT)

    named = faults()
    assert "INV-000001: EUR 60.00 is marked as paid, EUR 0.00 is allocated" in [
        fault.replace("\N{NO-BREAK SPACE}", " ") for fault in named
    ]
    assert "INV-000001: the ledger has 0 entries “released”, 1 expected" in named
    assert "PAY-000001: the log has 0 entries “payment.released” for 1 released allocations" in named


def test_an_entry_nobody_asked_for_is_named(acme):
    invoice = books.issued(acme)
    LedgerEntry.objects.create(
        company=acme.company,
        customer=acme,
        invoice=invoice,
        account="receivable",
        kind="issued",
        currency="EUR",
        amount=1,
        entry_date=TODAY,
        recorded_at=AT,
    )

    named = faults()
    assert "INV-000001: the ledger has 2 entries “issued”, 1 expected" in named
    assert len(named) == 3


def test_an_entry_in_another_currency_than_its_document_is_named(acme):
    invoice = books.issued(acme)
    entry = LedgerEntry.objects.create(
        company=acme.company,
        customer=acme,
        invoice=invoice,
        account="receivable",
        kind="released",
        currency="USD",
        amount=1,
        entry_date=TODAY,
        recorded_at=AT,
    )

    assert f"ledger entry {entry.pk}: its customer or currency is not that of its document" in faults()


def test_a_charge_booked_as_another_payment_is_named(acme):
    invoice = books.issued(acme)
    keyed = books.payment(acme, "0.01")
    attempt = PaymentAttempt.objects.create(
        company=acme.company,
        customer=acme,
        invoice=invoice,
        request_key=uuid7(),
        gateway="sandbox",
        currency="EUR",
        amount=Money(10000, "EUR"),
        status="succeeded",
        payment=keyed,
        started_at=AT,
        settled_at=AT,
    )

    assert faults() == [f"attempt {attempt.pk}: PAY-000001 is not the payment it made"]


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda draft: draft.lines.update(net=1), "the net of line 1 is EUR 0.01, computed again it is EUR 100.00"),
        (lambda draft: Invoice.objects.update(total=1), "the total is EUR 0.01, computed again it is EUR 119.00"),
        (lambda draft: InvoiceTax.objects.update(amount=1), "the tax table is"),
        (lambda draft: InvoiceTax.objects.all().delete(), "the tax table is , computed again"),
        (lambda draft: InvoiceLine.objects.all().delete(), "the subtotal is EUR 100.00, computed again it is EUR 0.00"),
        (lambda draft: draft.lines.update(discount_percent=200 * 10**4), "it cannot be computed"),
    ],
)
def test_amounts_that_do_not_follow_from_what_was_entered_are_named(acme, change, sentence):
    draft = books.draft(acme, lines=[books.line(tax_rates=(books.tax_rate(acme.company),))])
    change(draft)

    assert [fault for fault in faults() if f"draft {draft.pk}: {sentence}" in fault]


def test_holes_and_strays_among_the_numbers_are_named(acme):
    books.issued(acme)
    books.payment(acme)
    Sequence.objects.filter(kind="invoice").update(next_number=F("next_number") + 25)
    Sequence.objects.filter(kind="payment").update(next_number=1)

    named = faults()
    assert named[:2] == ["INV-2 is missing", "INV-3 is missing"]
    assert "INV: 5 more numbers are missing" in named
    assert named[-1] == "PAY-1 is beyond 0, the last number given"


def test_a_series_nobody_knows_is_named(acme):
    books.issued(acme)
    Sequence.objects.filter(kind="invoice").delete()

    assert faults() == ["INV-000001 belongs to no series"]


@pytest.mark.parametrize(
    ("act", "sentence"),
    [
        (
            lambda invoice: invoices.issue(invoice=invoice, by=BY, at=AT),
            "INV-000001: the log has 0 entries “invoice.issued”",
        ),
        (lambda invoice: books.payment(invoice.customer), "PAY-000001: the log has 0 entries “payment.recorded”"),
    ],
)
def test_a_change_without_its_entry_in_the_log_is_named(acme, act, sentence, monkeypatch):
    draft = books.draft(acme)
    monkeypatch.setattr("audit.log.record", lambda *arguments, **details: None)
    monkeypatch.setattr("audit.log.record_many", lambda entries: None)
    act(draft)

    assert [fault for fault in faults() if fault.startswith(sentence)]


def test_a_change_without_its_entry_in_the_ledger_is_named(acme, monkeypatch):
    draft = books.draft(acme)
    monkeypatch.setattr("billing.ledger.post", lambda entries: None)
    invoices.issue(invoice=draft, by=BY, at=AT)

    assert "INV-000001: the ledger has 0 entries “issued”, 1 expected" in faults()


def test_books_stay_true_when_what_old_entries_say_is_erased(acme):
    every_act(acme)
    sealing.turn(AT)
    release(connection, BillingEvent._meta.db_table)  # the database goes by its own clock, and these are of this year

    erasing.erase_old(company_id=acme.company_id, until=AT + timedelta(days=1), at=AT + timedelta(days=400))

    assert not BillingEvent.objects.filter(erased_at=None).exists()
    checked()
