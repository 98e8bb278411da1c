"""What the API answers: the records a key may see, whole, exact and page by page."""

import datetime
from base64 import urlsafe_b64encode
from decimal import Decimal

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Membership
from accounts.permissions import Permission
from accounts.queries.api_keys import api_permissions
from accounts.scoping import in_company
from audit.models import BillingEvent, SecurityEvent
from billing.actions import invoices
from billing.drafts import AdjustmentEntry
from billing.models import CustomField, CustomFieldValue
from tests import books, make, visitors
from tests.keys import TOKEN, program

pytestmark = pytest.mark.django_db
ABSENT = "0198c0de-0000-7000-8000-000000000000"
LISTS = ["customers", "invoices", "payments", "events"]
RECORDS = ["customers", "invoices", "payments"]


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(books.AT, tick=False) as moving:
        yield moving


@pytest.fixture
def maker(company):
    return visitors.member(company, "administrator", "Ada")


@pytest.fixture
def nightly(maker):
    return program(maker)


def data(program, path, **query):
    response = program.get(f"/api/v1/{path}/", query)
    assert response.status_code == 200, response.content
    return response.json()["data"]


def one(program, path, record):
    response = program.get(f"/api/v1/{path}/{record.pk}/")
    assert response.status_code == 200, response.content
    return response.json()


def euro(amount):
    return {"currency": "EUR", "amount": amount}


def field(company, name, position=0, **fields):
    return CustomField.objects.create(
        company=company, name=name, kind="text", position=position, created_at=books.AT, **fields
    )


def fill(customer, custom_field, value):
    CustomFieldValue.objects.create(company_id=customer.company_id, customer=customer, field=custom_field, value=value)


def test_a_customer_with_balances_own_fields_and_contacts(nightly, maker, company):
    acme = books.customer(company, "Acme", owner=maker.user, number="K-1")
    region, retired = field(company, "Region"), field(company, "Retired", archived_at=books.AT)
    fill(acme, region, "North")
    fill(acme, retired, "hidden")
    ana = books.contact(acme, "Ana")
    books.contact(acme, "Left", archived_at=books.AT)
    books.issued(acme)
    books.payment(acme, "250.50")

    answer = one(nightly, "customers", acme)

    assert answer.pop("contacts") == [
        {
            "id": str(ana.pk),
            "name": "Ana",
            "title": "",
            "email": "ana@customer.example",
            "phone": "",
            "is_primary": True,
        }
    ]
    assert answer == {
        "id": str(acme.pk),
        "number": "K-1",
        "name": "Acme",
        "kind": "company",
        "email": "acme@customer.example",
        "phone": "",
        "attention_to": "",
        "address": "",
        "country": "",
        "tax_id": "",
        "currency": "EUR",
        "payment_terms": "NET 30",
        "paperless": True,
        "owner": {"id": str(maker.user_id), "name": "Ada"},
        "balances": [{"owed": euro("100.00"), "credit": euro("250.50")}],
        "fields": {"Region": "North"},
        "created_at": "2026-03-16T09:00:00.000000Z",
        "archived_at": None,
    }
    assert data(nightly, "customers") == [answer]


def test_an_invoice_with_lines_adjustments_taxes_and_totals(nightly, company, acme):
    vat = books.tax_rate(company)
    invoice = books.issued(
        acme,
        lines=[books.line("19.99", "2.5", tax_rates=(vat,)), books.line("10")],
        adjustments=[AdjustmentEntry(kind="discount", label="Loyalty", percent=Decimal(10))],
        purchase_order="PO-7",
    )
    answer = one(nightly, "invoices", invoice)

    assert (answer["number"], answer["status"], answer["issue_date"]) == ("INV-000001", "not_sent", "2026-03-16")
    assert answer["customer"] == {"id": str(acme.pk), "name": "Acme"}
    assert [(line["quantity"], line["unit_price"], line["net"]) for line in answer["lines"]] == [
        ("2.5", "19.99", euro("49.98")),
        ("1", "10", euro("10.00")),
    ]
    assert answer["lines"][0]["taxes"] == [{"name": "VAT", "percent": "19", "category": "S"}]
    assert [(one["label"], one["percent"], one["amount"]) for one in answer["adjustments"]] == [
        ("Loyalty", "10", euro("6.00"))
    ]
    assert answer["taxes"] == [
        {
            "name": "VAT",
            "percent": "19",
            "category": "S",
            "base": euro(f"{invoice.taxes.get().base.amount:f}"),
            "amount": euro(f"{invoice.tax.amount:f}"),
        }
    ]
    assert answer["total"] == answer["balance"] == euro(f"{invoice.total.amount:f}")
    [listed] = data(nightly, "invoices")
    assert listed == {name: value for name, value in answer.items() if name in listed}
    assert answer.keys() - listed.keys() == {"lines", "adjustments", "taxes"}


def test_a_draft_has_no_number(nightly, acme):
    draft = books.draft(acme)
    assert [one(nightly, "invoices", draft)[name] for name in ("number", "status", "issued_at")] == [
        None,
        "draft",
        None,
    ]


def test_a_payment_with_what_it_was_used_on(nightly, acme):
    invoice = books.issued(acme)
    payment = books.paid(invoice, "60")
    answer = one(nightly, "payments", payment)
    [allocation] = answer.pop("allocations")
    assert allocation == {
        "id": str(payment.allocations.get().pk),
        "invoice": {"id": str(invoice.pk), "number": "INV-000001"},
        "amount": euro("60.00"),
        "allocated_at": "2026-03-16T09:00:00.000000Z",
        "released_at": None,
    }
    assert (answer["amount"], answer["unapplied"], answer["method"]) == (euro("60.00"), euro("0.00"), "wire_transfer")
    assert data(nightly, "payments") == [answer]


def test_amounts_have_the_decimals_of_their_currency(nightly, acme):
    for currency, amount in (("JPY", "1200"), ("BHD", "1.234"), ("EUR", "0.10")):
        books.payment(acme, amount, currency=currency)
    answers = data(nightly, "payments")
    assert {one["amount"]["amount"] for one in answers} == {"1200", "1.234", "0.10"}


def test_the_log_oldest_first_as_people_read_it(nightly, acme):
    a_minute_later = books.AT + datetime.timedelta(minutes=1)
    invoice = invoices.issue(invoice=books.draft(acme), by=books.BY, at=a_minute_later)
    entries = data(nightly, "events")
    assert [entry["action"] for entry in entries] == ["invoice.drafted", "invoice.issued"]
    assert entries[1] == entries[1] | {
        "at": "2026-03-16T09:01:00.000000Z",
        "sentence": "issued invoice INV-000001 of EUR 100.00 to Acme",
        "actor": {"type": "operator", "id": "tests", "name": "tests", "on_behalf_of": ""},
        "object": {"type": "invoice", "id": str(invoice.pk), "name": "INV-000001"},
        "customer_id": str(acme.pk),
        "outcome": "success",
    }


def test_filters_of_customers(nightly, company, acme, borealis):
    books.issued(acme)
    books.customer(company, "Closed", archived_at=books.AT)
    names = {
        query: [customer["name"] for customer in data(nightly, "customers", **dict([query]))]
        for query in [("q", "bor"), ("show", "owing"), ("show", "archived"), ("show", "active"), ("q", "")]
    }
    assert names == {
        ("q", "bor"): ["Borealis"],
        ("show", "owing"): ["Acme"],
        ("show", "archived"): ["Closed"],
        ("show", "active"): ["Acme", "Borealis"],
        ("q", ""): ["Acme", "Borealis"],
    }


def test_filters_of_invoices(nightly, acme, borealis):
    first, second = books.issued(acme), books.issued(borealis, issue_date=books.TODAY - datetime.timedelta(days=60))
    books.draft(acme)
    found = {
        query: {one["number"] for one in data(nightly, "invoices", **dict([query]))}
        for query in [
            ("customer", str(acme.pk)),
            ("status", "past_due"),
            ("status", "open"),
            ("issued_from", "2026-03-01"),
            ("due_to", "2026-03-01"),
            ("q", "borealis"),
            ("currency", "USD"),
        ]
    }
    assert list(found.values()) == [
        {first.number, None},
        {second.number},
        {first.number, second.number},
        {first.number, None},
        {second.number},
        {second.number},
        set(),
    ]


def test_filters_of_payments_and_events(nightly, acme, borealis):
    payment = books.payment(acme, "10", reference="TX-1")
    books.payment(borealis, "10", received_date=books.TODAY - datetime.timedelta(days=9))
    for query in ({"customer": str(acme.pk)}, {"q": "TX"}, {"received_from": "2026-03-16"}):
        assert [one["id"] for one in data(nightly, "payments", **query)] == [str(payment.pk)]
    assert len(data(nightly, "payments", state="unapplied", method="wire_transfer")) == 2
    for query in ({"customer": str(acme.pk)}, {"object_id": str(payment.pk)}):
        assert [entry["object"]["id"] for entry in data(nightly, "events", **query)] == [str(payment.pk)]
    assert len(data(nightly, "events", action="payment.recorded", since="2026-03-16T10:00:00+01:00")) == 2
    assert data(nightly, "events", until="2026-03-16T09:00:00Z") == []


def test_pages_follow_each_other_to_the_end(nightly, company, clock):
    acme = books.customer(company, "Company 0")
    for number in range(1, 5):
        books.customer(company, f"Company {number}")
        books.draft(acme, issue_date=books.TODAY - datetime.timedelta(days=number % 2))
        books.payment(acme, "10")
    for path in LISTS:
        whole = data(nightly, path)
        pages, address = [], f"/api/v1/{path}/?limit=2"
        while address:
            answer = nightly.get(address.removeprefix("https://testserver")).json()
            pages.append(answer["data"])
            address = answer["next"]
        assert [record for page in pages for record in page] == whole
        assert [len(page) for page in pages][:-1] == [2] * (len(pages) - 1)
        assert len(pages) > 1


def test_the_next_page_keeps_the_filters_and_is_of_this_site(nightly, acme):
    for _ in range(3):
        books.payment(acme, "10")
    answer = nightly.get("/api/v1/payments/?limit=1&state=kept&q=", headers={"Host": "testserver"}).json()
    assert answer["next"].startswith("https://testserver/api/v1/payments/?limit=1&state=kept&after=")


def test_what_follows_a_record_that_is_gone_is_nothing_and_not_the_start_again(nightly, acme):
    earlier = books.draft(acme, issue_date=books.TODAY - datetime.timedelta(days=1))
    books.draft(acme)
    following = nightly.get("/api/v1/invoices/?limit=1").json()["next"]
    earlier.delete()
    assert nightly.get(following).json() == {"data": [], "next": None}


@pytest.mark.parametrize(
    ("path", "query", "sentence"),
    [
        ("customers", {"name": "x"}, "There is no parameter “name” here. Known: q, show, limit, after."),
        ("customers", {"limit": "0"}, "The parameter “limit” is a whole number from 1 to 100."),
        ("customers", {"limit": "101"}, "The parameter “limit” is a whole number from 1 to 100."),
        ("customers", {"limit": "²"}, "The parameter “limit” is a whole number from 1 to 100."),
        ("customers", {"limit": ["1", "2"]}, "The parameter “limit” may stand there once."),
        ("customers", {"show": "all"}, "The parameter “show” is one of active, owing, overdue, credit, archived."),
        ("customers", {"q": "a\x00b"}, "The parameter “q” is at most 100 characters, without control characters."),
        ("customers", {"q": "a" * 101}, "The parameter “q” is at most 100 characters, without control characters."),
        ("invoices", {"issued_from": "20260301"}, "The parameter “issued_from” is a day such as 2026-03-12."),
        ("invoices", {"issued_from": "2026-02-30"}, "The parameter “issued_from” is a day such as 2026-03-12."),
        ("invoices", {"currency": "eur"}, "The parameter “currency” is the three letters of a currency."),
        ("invoices", {"customer": "7"}, "The parameter “customer” is an id as the API writes it."),
        ("invoices", {"customer": "{" + ABSENT + "}"}, "The parameter “customer” is an id as the API writes it."),
        (
            "events",
            {"since": "2026-03-12T09:30:00"},
            "The parameter “since” is an instant with its offset, such as 2026-03-12T09:30:00Z.",
        ),
        (
            "events",
            {"since": "0001-01-01T00:00:00+14:00"},
            "The parameter “since” is an instant with its offset, such as 2026-03-12T09:30:00Z.",
        ),
        *(
            (
                path,
                {"after": cursor},
                "The parameter “after” is a cursor from the `next` of the page before, with the same filters.",
            )
            for path in LISTS
            for cursor in ("x", "é", "MjAyNi0wMy0xNiAwOTowMDowMH4x", "/w", "a" * 1001)
        ),
    ],
)
def test_a_parameter_that_means_nothing_is_named(nightly, path, query, sentence):
    response = nightly.get(f"/api/v1/{path}/", query)
    assert (response.status_code, response.json()) == (400, {"error": {"code": "bad_request", "message": sentence}})


@pytest.mark.parametrize("position", ["0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", "2026-03-16T09:00:00"])
def test_a_position_at_no_instant_is_no_cursor(nightly, position):
    cursor = urlsafe_b64encode(f"{position}~{ABSENT}".encode()).decode()
    response = nightly.get("/api/v1/events/", {"after": cursor})
    assert (response.status_code, response.json()["error"]["code"]) == (400, "bad_request")


@pytest.mark.parametrize("at", ["0001-01-01", "9999-12-31"])
def test_the_first_and_the_last_day_there_is_can_be_asked_for(nightly, acme, at):
    books.issued(acme)
    for path, names in (
        ("invoices", ("issued_from", "issued_to", "due_from", "due_to")),
        ("payments", ("received_from", "received_to")),
        ("events", ("since", "until")),
    ):
        for name in names:
            value = f"{at}T12:00:00Z" if path == "events" else at
            assert nightly.get(f"/api/v1/{path}/", {name: value}).status_code == 200


@pytest.mark.parametrize("path", [*LISTS, "customers/x", "nowhere"])
def test_an_address_without_its_last_slash_is_not_there(nightly, path):
    """A client that follows elsewhere might leave the key behind, or send it on in the clear: say so as JSON."""
    for response in (nightly.get(f"/api/v1/{path}"), nightly.get(f"/api/v1/{path}?limit=1")):
        assert (response.status_code, response.json()["error"]["code"]) == (404, "not_found")


def test_one_record_takes_no_parameters(nightly, acme):
    response = nightly.get(f"/api/v1/customers/{acme.pk}/", {"expand": "invoices"})
    assert response.json()["error"]["message"] == "There is no parameter “expand” here. None is known."


@pytest.fixture
def rivals():
    """One record of each kind in another company."""
    rival = visitors.company("Rival")
    with in_company(rival):
        customer = books.customer(rival, "Forbidden")
        invoice = books.issued(customer)
        return {"customers": customer, "invoices": invoice, "payments": books.paid(invoice)}


@pytest.mark.parametrize("path", RECORDS)
def test_what_is_of_another_company_is_not_there(nightly, rivals, path):
    nightly.get(f"/api/v1/{path}/{ABSENT}/")
    answers, work = [], []
    for id in (rivals[path].pk, ABSENT):
        with CaptureQueriesContext(connection) as queries:
            answers.append(nightly.get(f"/api/v1/{path}/{id}/"))
        work.append([query["sql"].split()[0] for query in queries])
    assert [answer.status_code for answer in answers] == [404, 404]
    assert (answers[0].content, work[0]) == (answers[1].content, work[1])
    assert SecurityEvent.objects.filter(action="record.not_found").count() == 1


@pytest.mark.parametrize("path", ["invoices", "payments", "events"])
def test_a_filter_by_a_customer_that_may_not_be_seen_finds_nothing_there(nightly, rivals, path):
    theirs = nightly.get(f"/api/v1/{path}/", {"customer": str(rivals["customers"].pk)})
    absent = nightly.get(f"/api/v1/{path}/", {"customer": ABSENT})
    assert (theirs.status_code, theirs.content) == (404, absent.content)


def test_lists_hold_nothing_of_another_company(nightly, rivals, acme):
    for path in LISTS:
        assert "Forbidden" not in nightly.get(f"/api/v1/{path}/").content.decode()


@pytest.mark.parametrize("restricted", ["maker", "key"])
def test_what_is_hidden_is_in_no_answer(company, maker, acme, restricted):
    hidden = books.customer(company, "Forbidden")
    invoice = books.issued(hidden, message="Forbidden words")
    payment = books.paid(invoice)
    books.paid(books.issued(acme))
    BillingEvent.objects.create(
        company_id=company.pk, at=books.AT, action="seller.changed", object_label="Forbidden settings", data={}
    )
    limits = {"restriction": "customers", "customer_ids": [str(acme.pk)]}
    if restricted == "key":
        reader = program(maker, **limits)
    else:
        reader = program(visitors.member(company, make.role(company, *api_permissions()), "Cy", **limits))
    for path in LISTS:
        answer = reader.get(f"/api/v1/{path}/").content.decode()
        assert ("Forbidden" in answer, '"data": []' in answer) == (False, False)
    for path, record in (("customers", hidden), ("invoices", invoice), ("payments", payment)):
        answer = reader.get(f"/api/v1/{path}/{record.pk}/")
        assert (answer.status_code, answer.content) == (404, reader.get(f"/api/v1/{path}/{ABSENT}/").content)


def test_a_maker_who_sees_less_leaves_a_key_that_sees_less(company, acme):
    permissions = [Permission.CUSTOMER_VIEW, Permission.API_KEY_VIEW]
    clerk = visitors.member(company, make.role(company, *permissions), "Cy")
    reader = program(clerk, Permission.CUSTOMER_VIEW)
    before = reader.get(f"/api/v1/customers/{acme.pk}/").status_code
    Membership.objects.filter(pk=clerk.pk).update(restriction="owner")
    assert (before, reader.get(f"/api/v1/customers/{acme.pk}/").status_code) == (200, 404)


@pytest.mark.parametrize("path", LISTS)
def test_a_list_costs_the_same_for_one_record_and_for_three(nightly, company, maker, path):
    region, costs = field(company, "Region"), []
    nightly.get(f"/api/v1/{path}/")
    for number in range(3):
        customer = books.customer(company, f"Company {number}", owner=maker.user)
        fill(customer, region, "North")
        books.paid(books.issued(customer))
        with CaptureQueriesContext(connection) as queries:
            data(nightly, path)
        costs.append(len(queries))
    assert costs[0] == costs[2]


@pytest.mark.parametrize("path", RECORDS)
def test_a_record_costs_the_same_with_one_part_and_with_three(nightly, company, acme, path):
    costs = []
    for number in (1, 3):
        customer = books.customer(company, f"Company {number}")
        invoice = books.issued(customer, lines=[books.line()] * number)
        payments = [books.paid(invoice, "10") for _ in range(number)]
        for position in range(number):
            fill(customer, field(company, f"Field {number}.{position}"), "x")
            books.contact(customer, f"Contact{position}")
        record = {"customers": customer, "invoices": invoice, "payments": payments[0]}[path]
        nightly.get(f"/api/v1/{path}/{ABSENT}/")
        with CaptureQueriesContext(connection) as queries:
            one(nightly, path, record)
        costs.append(len(queries))
    assert costs[0] == costs[1]


def test_a_void_invoice_says_when(nightly, acme):
    invoice = invoices.void(invoice=books.issued(acme), reason="wrong", by=books.BY, at=timezone.now())
    answer = one(nightly, "invoices", invoice)
    assert (answer["status"], answer["voided_at"]) == ("voided", "2026-03-16T09:00:00.000000Z")
    assert TOKEN not in str(answer)
