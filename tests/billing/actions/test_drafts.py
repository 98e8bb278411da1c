import datetime
from decimal import Decimal

import pytest

from audit.models import BillingEvent
from billing.actions import drafts
from billing.drafts import AdjustmentEntry
from billing.errors import DraftRefused, InvoiceNotDraft
from billing.models import Invoice, InvoiceLine, LedgerEntry
from billing.money import Money
from tests import books


def euros(text):
    return Money.parse(text, "EUR")


def last_entry():
    return BillingEvent.objects.order_by("-id").first()


def test_create_keeps_what_was_entered_and_owes_nothing(acme, company):
    vat, reduced = books.tax_rate(company), books.tax_rate(company, "7", "Reduced VAT")

    invoice = books.draft(
        acme,
        lines=[
            books.line("100", "2", tax_rates=(vat,), discount_percent=Decimal(10)),
            books.line("50", tax_rates=(reduced,)),
        ],
        adjustments=[
            AdjustmentEntry(kind="discount", label="Loyalty", amount=euros("23")),
            AdjustmentEntry(kind="charge", label="Shipping", amount=euros("11.50"), tax_rates=(vat,)),
        ],
    )

    invoice = Invoice.objects.get(pk=invoice.pk)
    assert (invoice.status, invoice.number, invoice.issued_at) == ("draft", None, None)
    assert (invoice.subtotal, invoice.discount, invoice.charge) == (euros("230"), euros("23"), euros("11.50"))
    assert (invoice.tax, invoice.total, invoice.balance) == (euros("36.12"), euros("254.62"), euros("0"))
    assert [(tax.name, tax.base, tax.amount) for tax in invoice.taxes.order_by("position")] == [
        ("VAT", euros("173.50"), euros("32.97")),
        ("Reduced VAT", euros("45"), euros("3.15")),
    ]
    assert [line.net for line in invoice.lines.order_by("position")] == [euros("180"), euros("50")]
    assert invoice.due_date == datetime.date(2026, 4, 15)
    assert not LedgerEntry.objects.exists()
    entry = last_entry()
    assert (entry.action, entry.actor_label, entry.object_id) == ("invoice.drafted", "tests", str(invoice.pk))


def test_change_replaces_everything(acme, borealis):
    invoice = books.draft(acme, lines=[books.line("1"), books.line("2")])

    drafts.change(invoice=invoice, draft=books.draft_of(borealis, lines=[books.line("7")]), by=books.BY, at=books.AT)

    invoice.refresh_from_db()
    assert (invoice.customer, invoice.customer_name, invoice.total) == (borealis, "Borealis", euros("7"))
    assert [line.unit_price for line in invoice.lines.all()] == [Decimal(7)]
    assert last_entry().changes == {"total": ["EUR 3.00", "EUR 7.00"]}


def test_an_issued_invoice_cannot_be_changed_or_discarded(acme):
    invoice = books.issued(acme)

    with pytest.raises(InvoiceNotDraft, match="INV-000001 is issued"):
        drafts.change(invoice=invoice, draft=books.draft_of(acme), by=books.BY, at=books.AT)
    with pytest.raises(InvoiceNotDraft):
        drafts.discard(invoice=invoice, by=books.BY, at=books.AT)


def test_discard_removes_the_draft_and_keeps_the_entry(acme):
    invoice = books.draft(acme)

    drafts.discard(invoice=invoice, by=books.BY, at=books.AT)

    assert not Invoice.objects.exists()
    assert not InvoiceLine.objects.exists()
    assert (last_entry().action, last_entry().object_id) == ("invoice.discarded", str(invoice.pk))


def test_duplicate_is_a_new_draft_with_the_same_content(acme, company):
    vat = books.tax_rate(company)
    invoice = books.issued(
        acme,
        message="Thank you",
        lines=[books.line("10", "3", tax_rates=(vat,), discount_amount=euros("1"))],
        adjustments=[AdjustmentEntry(kind="charge", label="Shipping", amount=euros("2"))],
    )

    copy = drafts.duplicate(invoice=invoice, issue_date=datetime.date(2026, 5, 1), by=books.BY, at=books.AT)

    assert (copy.status, copy.number, copy.total, copy.message) == ("draft", None, invoice.total, "Thank you")
    assert (copy.issue_date, copy.due_date) == (datetime.date(2026, 5, 1), datetime.date(2026, 5, 31))


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"payment_terms": "whenever"}, "NET 30"),
        ({"due_date": books.TODAY - datetime.timedelta(days=1)}, "before the issue date"),
        ({"lines": [books.line("-5")]}, "less than zero"),
        ({"prepaid": euros("100.01")}, "prepaid amount must lie between zero"),
        ({"lines": [books.line("999999999", "999999999")]}, "Line 1"),
        ({"adjustments": [AdjustmentEntry(kind="discount", label="", percent=Decimal(101))]}, "100"),
    ],
)
def test_what_makes_no_invoice_is_refused_in_a_sentence(acme, fields, sentence):
    with pytest.raises(DraftRefused, match=sentence):
        books.draft(acme, **fields)
    assert not Invoice.objects.exists()


def test_an_archived_customer_is_not_invoiced(acme):
    acme.archived_at = books.AT

    with pytest.raises(DraftRefused, match="archived"):
        books.draft(acme)


def test_many_are_drafted_at_once_each_with_its_entry(acme, borealis):
    made = drafts.create_many(
        drafts_entered=[books.draft_of(acme), books.draft_of(borealis, lines=[books.line("2"), books.line("3")])],
        by=books.BY,
        at=books.AT,
    )

    assert [invoice.total for invoice in made] == [euros("100"), euros("5")]
    assert InvoiceLine.objects.count() == 3
    assert BillingEvent.objects.filter(action="invoice.drafted").count() == 2
