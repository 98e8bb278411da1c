import datetime
from decimal import Decimal

import pytest

from billing.actions import invoices as acts
from billing.documents.from_invoice import sheet_of
from billing.documents.sheet import Party, PaymentRow, SheetLine, SummaryRow, TaxRow
from billing.drafts import AdjustmentEntry
from billing.models import Logo, Seller
from billing.money import Money
from billing.queries.invoice_page import load_document
from tests import books
from tests.books import AT, BY, TODAY

PNG = b"\x89PNG\r\n\x1a\n"


def shown(amount):
    return amount.replace("\N{NO-BREAK SPACE}", " ")


def test_everything_is_written_out(company, acme):
    vat, eco = books.tax_rate(company), books.tax_rate(company, "7.5", "Eco")
    acme.address, acme.country, acme.tax_id, acme.attention_to = "1 Quay\nDock 4", "NL", "NL123", "Ms Vos"
    acme.save()
    invoice = books.issued(
        acme,
        lines=[
            books.line("1000.125", "2.5", unit="day", tax_rates=(vat, eco), discount_percent=Decimal(10)),
            books.line("5", price_base_quantity=Decimal(100), quantity="300", discount_amount=Money(100, "EUR")),
        ],
        adjustments=[
            AdjustmentEntry(kind="discount", label="Loyalty", percent=Decimal("2.5")),
            AdjustmentEntry(kind="charge", label="Delivery", amount=Money(950, "EUR")),
        ],
        purchase_order="PO-7",
        message="Thank you",
        prepaid=Money(5000, "EUR"),
    )
    books.paid(invoice, "100")
    invoice.refresh_from_db()
    sheet = sheet_of(invoice, TODAY, "https://pay.example/i/x")

    assert (sheet.title, sheet.number, sheet.currency) == ("Invoice", "INV-000001", "EUR")
    assert sheet.bill_to == Party(name="Acme", lines=("Ms Vos", "1 Quay", "Dock 4", "Netherlands", "Tax number NL123"))
    assert (sheet.issue_date, sheet.due_date, sheet.terms) == ("16 Mar 2026", "15 Apr 2026", "NET 30")
    assert sheet.lines == (
        SheetLine(
            position="1",
            name="Consulting",
            quantity="2.5",
            unit="day",
            unit_price="1,000.125",
            discount="10%",
            tax="19% + 7.5%",
            net="2,250.28",
        ),
        SheetLine(
            position="2", name="Consulting", quantity="300", unit_price="5.00 per 100", discount="1.00", net="14.00"
        ),
    )
    assert [(row.label, shown(row.amount), row.emphasis) for row in sheet.summary] == [
        ("Subtotal", "2,264.28", False),
        ("Loyalty 2.5%", "-56.61", False),
        ("Delivery", "9.50", False),
        *(
            (f"{tax.name} {'19%' if tax.name == 'VAT' else '7.5%'}", shown(f"{tax.amount.amount:,.2f}"), False)
            for tax in invoice.taxes.order_by("position")
        ),
        ("Total", invoice.total.plain(), True),
        ("Paid in advance", "-50.00", False),
    ]
    assert sheet.payments == (PaymentRow("Paid 16 Mar 2026", "-100.00"),)
    assert shown(sheet.amount_due) == invoice.balance.plain()
    assert shown(sheet.headline) == f"{invoice.balance.plain()} due 15 Apr 2026"
    assert (sheet.purchase_order, sheet.notes, sheet.pay_link) == ("PO-7", "Thank you", "https://pay.example/i/x")


def test_one_tax_needs_no_summary_of_its_own(company, acme):
    one, two = books.tax_rate(company), books.tax_rate(company, "7", "Reduced")
    single = books.issued(acme, lines=[books.line(tax_rates=(one,))])
    double = books.issued(acme, lines=[books.line(tax_rates=(one,)), books.line(tax_rates=(two,))])

    assert sheet_of(single, TODAY).taxes == ()
    assert sheet_of(double, TODAY).taxes == (
        TaxRow("VAT", "19%", "100.00", "19.00"),
        TaxRow("Reduced", "7%", "100.00", "7.00"),
    )


def test_tax_within_the_prices_is_said(company, acme):
    invoice = books.issued(
        acme, prices_include_tax=True, lines=[books.line("119", tax_rates=(books.tax_rate(company),))]
    )

    assert SummaryRow("VAT 19% included", "19.00") in sheet_of(invoice, TODAY).summary


def test_what_was_issued_stays_as_it_was_whoever_moves(company, acme):
    invoice = books.issued(acme)
    acme.name, acme.address = "Acme Reborn", "Elsewhere"
    acme.save()
    Seller.objects.update(legal_name="Ledger Reborn", bank_details="IBAN of a thief")
    invoice.refresh_from_db()
    sheet = sheet_of(invoice, TODAY)

    assert (sheet.seller.name, sheet.bill_to, sheet.payment_instructions) == ("Ledger Ltd", Party(name="Acme"), "")


def test_a_draft_shows_what_would_be_and_says_that_it_is_one(company, acme):
    sheet = sheet_of(books.draft(acme), TODAY)

    assert (sheet.stamp, sheet.stamp_tone, sheet.number) == ("Draft", "neutral", "")
    assert (sheet.seller.name, shown(sheet.amount_due)) == ("Ledger Ltd", "EUR 100.00")


@pytest.mark.parametrize(
    ("act", "stamp", "headline"),
    [
        (lambda invoice: books.paid(invoice), ("Paid", "good"), "Paid in full. Nothing is due."),
        (
            lambda invoice: acts.void(invoice=invoice, reason="x", by=BY, at=AT),
            ("Void", "bad"),
            "This invoice is void. Nothing is due.",
        ),
        (
            lambda invoice: acts.write_off(invoice=invoice, reason="x", by=BY, at=AT),
            ("", "neutral"),
            "Nothing is due.",
        ),
    ],
)
def test_what_is_settled_asks_for_nothing(company, acme, act, stamp, headline):
    Seller.objects.update(bank_details="IBAN DE02 1203")
    invoice = books.issued(acme)
    act(invoice)
    invoice.refresh_from_db()
    sheet = sheet_of(invoice, TODAY, "https://pay.example/i/x")

    assert (sheet.stamp, sheet.stamp_tone) == stamp
    assert (sheet.headline, sheet.payment_instructions, sheet.pay_link) == (headline, "", "")
    assert shown(sheet.amount_due) == "EUR 0.00"


def test_released_money_is_not_shown_as_paid(company, acme):
    invoice = books.issued(acme)
    payment = books.paid(invoice, "40")
    books.payments.release(allocation=payment.allocations.get(), by=BY, at=AT)
    invoice.refresh_from_db()

    assert sheet_of(invoice, TODAY).payments == ()


def test_the_logo_is_read_only_where_it_is_printed(company, acme):
    Logo.objects.create(company=company, png=PNG, uploaded_at=AT)
    invoice = books.issued(acme)

    assert sheet_of(invoice, TODAY).logo == PNG
    assert sheet_of(invoice, TODAY, with_logo=False).logo is None


@pytest.mark.parametrize("count", [1, 50])
def test_a_loaded_invoice_is_printed_without_asking_again(company, acme, count, django_assert_num_queries):
    invoice = books.issued(acme, lines=[books.line() for _ in range(count)])
    load_document(invoice)
    with django_assert_num_queries(0):
        sheet_of(invoice, TODAY, with_logo=False)


def test_a_sheet_of_yesterday_and_of_today_are_the_same(company, acme):
    invoice = books.issued(acme)

    assert sheet_of(invoice, TODAY) == sheet_of(invoice, TODAY + datetime.timedelta(days=400))
