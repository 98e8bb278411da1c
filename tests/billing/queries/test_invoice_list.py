import datetime
from decimal import Decimal

import pytest

from billing.actions import invoices as acts
from billing.models import Invoice, Sequence
from billing.money import Money
from billing.queries.invoice_list import (
    COLUMNS,
    STATUSES,
    CurrencySum,
    InvoiceFilters,
    extent,
    narrowed,
    rows_of,
)
from billing.statuses import SHOWN_STATUSES
from tests import books
from tests.books import AT, BY, TODAY

BEFORE = TODAY - datetime.timedelta(days=60)


@pytest.fixture
def cast(acme, borealis):
    """One invoice of each kind, by name."""
    made = {
        "draft": books.draft(acme),
        "not_sent": books.issued(acme, purchase_order="PO-7"),
        "sent": acts.mark_sent(invoice=books.issued(borealis), way="post", by=BY, at=AT),
        "viewed": acts.record_view(invoice=books.issued(acme), by=BY, at=AT),
        "past_due": books.issued(acme, issue_date=BEFORE, payment_terms="NET 10"),
        "partly": books.issued(borealis, issue_date=BEFORE, payment_terms="NET 30"),
        "paid": books.issued(acme),
        "voided": acts.void(invoice=books.issued(acme), reason="Wrong", by=BY, at=AT),
        "bad_debt": acts.write_off(invoice=books.issued(borealis), reason="Gone", by=BY, at=AT),
        "disputed": acts.dispute(invoice=books.issued(acme), reason="Broken", by=BY, at=AT),
        "dear": books.issued(acme, lines=[books.line("5000")]),
        "yen": books.issued(acme, currency="JPY", lines=[books.line("5000")]),
    }
    books.paid(made["paid"])
    books.paid(made["partly"], "40")
    return made


def found(cast, **filters):
    pks = set(narrowed(Invoice.objects.all(), InvoiceFilters(**filters), TODAY).values_list("pk", flat=True))
    return {name for name, invoice in cast.items() if invoice.pk in pks}


@pytest.mark.parametrize(
    ("status", "names"),
    [
        ("", None),
        ("draft", {"draft"}),
        ("not_sent", {"not_sent", "disputed", "dear", "yen"}),
        ("sent", {"sent"}),
        ("viewed", {"viewed"}),
        ("past_due", {"past_due", "partly"}),
        ("overdue", {"past_due", "partly"}),
        ("paid", {"paid"}),
        ("voided", {"voided"}),
        ("bad_debt", {"bad_debt"}),
        ("disputed", {"disputed"}),
        ("partly_paid", {"partly"}),
        ("open", {"not_sent", "sent", "viewed", "past_due", "partly", "disputed", "dear", "yen"}),
        ("unpaid", {"not_sent", "sent", "viewed", "past_due", "disputed", "dear", "yen"}),
    ],
)
def test_each_status_finds_its_own(cast, status, names):
    assert found(cast, status=status) == (set(cast) if names is None else names)


def test_shown_statuses_share_all_invoices_out_between_them(cast):
    by_status = [found(cast, status=status) for status in SHOWN_STATUSES]

    assert sum(len(names) for names in by_status) == len(cast)
    assert set.union(*by_status) == set(cast)
    assert SHOWN_STATUSES.items() <= STATUSES.items()


def test_days_are_included_at_both_ends(cast):
    day = datetime.timedelta(days=1)

    assert found(cast, issued_from=BEFORE, issued_to=BEFORE) == {"past_due", "partly"}
    assert found(cast, issued_from=BEFORE + day) == set(cast) - {"past_due", "partly"}
    due = BEFORE + datetime.timedelta(days=30)
    assert found(cast, due_from=due, due_to=due) == {"partly"}


def test_customer_and_currency(cast, borealis):
    assert found(cast, customer=borealis) == {"sent", "partly", "bad_debt"}
    assert found(cast, currency="JPY") == {"yen"}


def test_amounts_are_in_whole_units_of_each_currency(cast):
    assert found(cast, amount_from=Decimal("5000")) == {"dear", "yen"}
    assert found(cast, amount_from=Decimal("5000"), currency="JPY") == {"yen"}
    assert found(cast, amount_from=Decimal("100.01"), amount_to=Decimal("4999")) == set()
    assert found(cast, amount_from=Decimal(10**14)) == set()


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("PO-7", {"not_sent"}),
        ("boreal", {"sent", "partly", "bad_debt"}),
        ("inv-000001", {"not_sent"}),
        ("1", {"not_sent"}),
        ("000001", {"not_sent"}),
        ("nothing like it", set()),
        ("%", set()),
    ],
)
def test_text_is_a_number_a_customer_or_a_purchase_order(cast, text, names):
    assert found(cast, text=text) == names


def test_a_bare_number_is_looked_up_as_each_series_writes_it(acme):
    Sequence.objects.create(company=acme.company, kind="invoice", series="INV", digits=3)
    invoice = books.issued(acme)

    assert invoice.number == "INV-001"
    assert list(narrowed(Invoice.objects.all(), InvoiceFilters(text="1"), TODAY)) == [invoice]


def test_what_is_few_is_counted_and_added_up_by_currency(cast):
    everything = extent(Invoice.objects.all())

    assert (everything.count, everything.more, everything.words) == (12, False, "12")
    assert everything.sums == [
        CurrencySum("EUR", "EUR\N{NO-BREAK SPACE}6,000.00", "EUR\N{NO-BREAK SPACE}5,560.00"),
        CurrencySum("JPY", "JPY\N{NO-BREAK SPACE}5,000", "JPY\N{NO-BREAK SPACE}5,000"),
    ]


def test_what_is_many_is_neither_counted_nor_added_up(cast, monkeypatch):
    monkeypatch.setattr("billing.queries.invoice_list.COUNTED", 5)

    assert extent(Invoice.objects.all()) == (5, True, [])


def test_a_row_is_written_out(acme):
    invoice = books.issued(acme, issue_date=BEFORE, payment_terms="NET 10")
    books.paid(invoice, "40")
    [row] = rows_of(Invoice.objects.values("id", *COLUMNS), TODAY)

    assert (row["number"], row["customer"], row["issued"], row["due"], row["late"]) == (
        "INV-000001",
        "Acme",
        "15 Jan 2026",
        "25 Jan 2026",
        "50 days late",
    )
    assert (row["status"], row["status_word"]) == ("past_due", "Past due")
    assert row["total"] == "EUR\N{NO-BREAK SPACE}100.00"
    assert row["balance"] == "EUR\N{NO-BREAK SPACE}60.00"


def test_a_row_says_the_same_status_as_its_invoice(cast):
    shown = {row["id"]: row["status"] for row in rows_of(Invoice.objects.values("id", *COLUMNS), TODAY)}

    assert shown == {str(invoice.pk): invoice.shown_status(TODAY) for invoice in Invoice.objects.all()}


def test_largest_amounts_can_be_listed(acme):
    largest = Decimal("999999999999")
    books.issued(acme, lines=[books.line(str(largest))])

    assert extent(Invoice.objects.all()).sums[0].total.endswith("999,999,999,999.00")
    assert found({}, amount_from=Decimal("999999999999999")) == set()
    assert Money(10**15 - 1, "EUR")
