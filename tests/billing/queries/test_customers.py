import datetime

import pytest

from billing.models import Customer, Invoice
from billing.money import LARGEST
from billing.queries.aging import aging, bars
from billing.queries.balances import written
from billing.queries.customers import CustomerFilters, listed, narrowed, rows_of
from tests import books, visitors
from tests.books import AT, TODAY

LONG_AGO = TODAY - datetime.timedelta(days=60)


@pytest.fixture
def bo(company):
    return visitors.member(company, "employee", "Bo").user


@pytest.fixture
def cast(company, bo):
    """One customer of each kind, by name."""
    made = {
        "Acme": books.customer(company, "Acme", number="K-1", email="office@acme.example", owner=bo),
        "Borealis": books.customer(company, "Borealis", number="K-2", currency="JPY"),
        "Cargo": books.customer(company, "Cargo", number="L-3"),
        "Dormant": books.customer(company, "Dormant", number="K-4", archived_at=AT),
        "Élan": books.customer(company, "Élan", number="K-5"),
    }
    books.contact(made["Cargo"], "Ines", email="ines@cargo.example")
    books.issued(made["Acme"], issue_date=LONG_AGO)
    books.issued(made["Acme"], currency="USD", lines=[books.line("7")])
    books.issued(made["Borealis"], currency="JPY", lines=[books.line("9000")])
    books.issued(made["Cargo"], lines=[books.line("250")])
    books.payment(made["Élan"], "15")
    return made


def found(**filters) -> list[str]:
    rows = narrowed(Customer.objects.all(), CustomerFilters(**filters), TODAY)
    return list(rows.order_by("number").values_list("name", flat=True))


@pytest.mark.parametrize(
    ("filters", "names"),
    [
        ({}, ["Acme", "Borealis", "Élan", "Cargo"]),
        ({"show": "archived"}, ["Dormant"]),
        ({"show": "owing"}, ["Acme", "Borealis", "Cargo"]),
        ({"show": "owing", "currency": "EUR"}, ["Acme", "Cargo"]),
        ({"show": "owing", "currency": "USD"}, ["Acme"]),
        ({"show": "overdue"}, ["Acme"]),
        ({"show": "overdue", "currency": "USD"}, []),
        ({"show": "credit"}, ["Élan"]),
        ({"currency": "JPY"}, ["Borealis"]),
        ({"text": "rea"}, ["Borealis"]),
        ({"text": "ACME"}, ["Acme"]),
        ({"text": "k-"}, ["Acme", "Borealis", "Élan"]),
        ({"text": "office@"}, ["Acme"]),
        ({"text": "ines@cargo"}, ["Cargo"]),
        ({"text": "%"}, []),
        ({"text": "_cme"}, []),
        ({"text": "r", "show": "owing"}, ["Borealis", "Cargo"]),
    ],
)
def test_filters_find_those_they_name(cast, filters, names):
    assert found(**filters) == names


def test_the_owner_narrows_to_their_customers(cast, bo):
    assert found(owner=bo) == ["Acme"]


def test_a_contact_who_left_no_longer_finds_the_customer(cast):
    cast["Cargo"].contacts.update(archived_at=AT)

    assert found(text="ines@cargo") == []


def test_by_balance_come_those_who_owe_in_one_currency_the_most_first(cast, company):
    def owing(currency):
        page = listed(Customer.objects.all(), company.pk, "-balance", currency, size=50)
        return [(row["name"], row["owed"]) for row in page.rows]

    assert owing("EUR") == [("Cargo", 25000), ("Acme", 10000)]
    assert owing("USD") == [("Acme", 700)]
    assert owing("GBP") == []


def test_by_balance_pages_follow_each_other(company):
    for minor in (3, 1, 2, 2, 2):
        books.issued(books.customer(company), lines=[books.line(str(minor))])
    first = listed(Customer.objects.all(), company.pk, "-balance", "EUR", size=2)
    second = listed(Customer.objects.all(), company.pk, "-balance", "EUR", after=first.after, size=2)
    third = listed(Customer.objects.all(), company.pk, "-balance", "EUR", after=second.after, size=2)

    assert [row["owed"] for page in (first, second, third) for row in page.rows] == [300, 200, 200, 200, 100]
    assert len({row["id"] for page in (first, second, third) for row in page.rows}) == 5


def test_rows_say_what_is_owed_in_each_currency_and_what_is_late(cast, company):
    page = listed(Customer.objects.filter(number__in=["K-1", "K-5"]), company.pk, "name", "EUR", size=50)

    acme, elan = rows_of(page.rows, "EUR", TODAY)

    assert [(one.currency, one.receivable, one.credit) for one in acme.balances] == [("EUR", 10000, 0), ("USD", 700, 0)]
    assert (acme.overdue, acme.owner) == (["EUR\N{NO-BREAK SPACE}100.00"], "Bo")
    assert [(one.currency, one.receivable, one.credit) for one in elan.balances] == [("EUR", 0, 1500)]


def test_aging_puts_each_open_invoice_in_its_bucket(acme):
    for days in (-5, 0, 1, 30, 31, 60, 61, 90, 91, 400):
        due = TODAY - datetime.timedelta(days=days)
        books.issued(acme, issue_date=due - datetime.timedelta(days=30), due_date=due, lines=[books.line("1")])
    books.draft(acme)
    books.paid(books.issued(acme))

    found = aging(Invoice.objects.all(), TODAY)["EUR"]

    assert found.buckets == {"current": 200, "days_1_30": 200, "days_31_60": 200, "days_61_90": 200, "over_90": 200}
    assert (found.count, found.overdue, found.overdue_count, found.total) == (10, 800, 8, 1000)
    assert (found.late, found.late_count, found.due_soon, found.due_soon_count) == (600, 6, 200, 2)
    assert [(bar.share, bar.amount) for bar in bars(found, TODAY, "?x=1")] == [(20, "EUR\N{NO-BREAK SPACE}2.00")] * 5


def test_a_small_part_of_a_large_sum_can_still_be_seen(acme):
    books.issued(acme, lines=[books.line("1000000")])
    books.issued(acme, issue_date=LONG_AGO, lines=[books.line("1")])

    assert [bar.share for bar in bars(aging(Invoice.objects.all(), TODAY)["EUR"], TODAY, "?")] == [100, 1, 0, 0, 0]


def test_a_sum_beyond_any_one_amount_is_still_written():
    assert written(LARGEST, "EUR").endswith("9,999,999,999,999.99")
    assert written(LARGEST + 1, "EUR").startswith("over EUR")
