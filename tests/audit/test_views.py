from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from django.db import connection
from django.template.loader import render_to_string
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.scoping import in_company
from audit.models import BillingEvent, SecurityEvent
from audit.registry import declare
from billing.models import Customer
from security.ids import uuid7
from tests import visitors
from tests.audit import make

pytestmark = pytest.mark.django_db
LOGS = [("billing", "audit:billing_log"), ("security", "audit:security_log")]


@pytest.fixture
def company():
    return visitors.company("Acme", time_zone="Europe/Berlin")


@pytest.fixture
def ada(company):
    return visitors.browser(visitors.member(company))


@pytest.fixture(params=LOGS, ids=["billing", "security"])
def log(request):
    """An event type of each log, and the page of that log."""
    kind, name = request.param
    return declare("shelf.filled", "filled shelf {target}", log=kind, changes=True), reverse(name)


def shown(response):
    return [entry.object_label for entry in response.context["page"].entries if entry.object_type != "company"]


def test_a_log_says_who_did_what_when_in_the_companys_time(company, ada, log):
    event_type, address = log
    make.recorded(
        event_type, make.Parcel(company.pk, label="Tall <b>"), changes={"height": [1, "2 m"]}, reason="Growth"
    )

    page = ada.get(address)

    text = page.content.decode()
    for words in (
        "filled shelf",
        "Tall &lt;b&gt;",
        "Ada",
        "12 Mar 2026, 13:00",
        "Height",
        "2 m",
        "Growth",
        "192.0.2.7",
    ):
        assert words in text
    assert shown(page) == ["Tall <b>"]


def test_another_companys_entries_are_not_there(company, ada, log):
    event_type, address = log
    other = visitors.company("Borealis")
    parcel = make.Parcel(other.pk)
    make.recorded(event_type, parcel)

    assert shown(ada.get(address)) == []
    assert shown(ada.get(address, {"object": parcel.pk})) == []
    assert shown(visitors.browser(visitors.member(other)).get(address)) == ["P-1"]


def test_the_address_holds_the_filters(company, ada, log):
    event_type, address = log
    emptied = declare("shelf.emptied", "emptied shelf {target}", log=event_type.log)
    acme = uuid7()
    first = make.Parcel(company.pk, acme, "First")
    make.recorded(event_type, first)
    make.recorded(emptied, make.Parcel(company.pk, None, "Second"), outcome="failure", reason="It fell over")
    make.recorded(event_type, make.Parcel(company.pk, None, "Third"), at=make.NOON + timedelta(days=1))

    for query, labels in (
        ({"text": "fell"}, ["Second"]),
        ({"who": "ad"}, ["Third", "Second", "First"]),
        ({"who": str(uuid7())}, []),
        ({"action": "shelf.emptied"}, ["Second"]),
        ({"action": "shelf"}, ["Third", "Second", "First"]),
        ({"kind": "member"}, ["Third", "Second", "First"]),
        ({"kind": "contact"}, []),
        ({"outcome": "failure"}, ["Second"]),
        ({"since": "2026-03-13"}, ["Third"]),
        ({"until": "2026-03-12"}, ["Second", "First"]),
        ({"customer": acme}, ["First"]),
        ({"object": first.pk}, ["First"]),
    ):
        assert shown(ada.get(address, query)) == labels, query


@pytest.mark.parametrize(
    ("day", "first", "last"),
    [
        ("2026-03-12", datetime(2026, 3, 11, 23, tzinfo=UTC), datetime(2026, 3, 12, 22, 59, 59, tzinfo=UTC)),
        ("2026-03-29", datetime(2026, 3, 28, 23, tzinfo=UTC), datetime(2026, 3, 29, 21, 59, 59, tzinfo=UTC)),
        ("2026-10-25", datetime(2026, 10, 24, 22, tzinfo=UTC), datetime(2026, 10, 25, 22, 59, 59, tzinfo=UTC)),
    ],
)
def test_a_day_is_the_companys_day_also_when_clocks_change(company, ada, log, day, first, last):
    event_type, address = log
    second = timedelta(seconds=1)
    for label, at in (("before", first - second), ("first", first), ("last", last), ("after", last + second)):
        make.recorded(event_type, make.Parcel(company.pk, label=label), at=at)

    assert shown(ada.get(address, {"since": day, "until": day})) == ["last", "first"]


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ({"since": "2026-02-30"}, "Write a day between 2000 and 2199 as YYYY-MM-DD."),
        ({"until": "0001-01-01"}, "Write a day between 2000 and 2199 as YYYY-MM-DD."),
        ({"until": "9999-12-31"}, "Write a day between 2000 and 2199 as YYYY-MM-DD."),
        ({"since": "2026-03-02", "until": "2026-03-01"}, "The last day lies before the first."),
        ({"action": "shelf.burned"}, "Select a valid choice."),
        ({"customer": "acme"}, "Enter a valid UUID."),
        ({"text": "\x00"}, "Null characters are not allowed."),
        ({"who": "x" * 1000}, "at most 200 characters"),
    ],
)
def test_an_impossible_filter_is_explained_and_nothing_is_shown(company, ada, log, query, sentence):
    event_type, address = log
    make.recorded(event_type, make.Parcel(company.pk))

    page = ada.get(address, query)

    assert page.status_code == 200
    assert sentence in page.content.decode()
    assert shown(page) == []


@pytest.mark.parametrize(
    "query", [{"older_than": "x"}, {"newer_than": "9" * 5000}, {"older_than": "1.\x00"}, {"other": "1"}]
)
def test_other_nonsense_in_the_address_changes_nothing(company, ada, log, query):
    event_type, address = log
    make.recorded(event_type, make.Parcel(company.pk))

    assert shown(ada.get(address, query)) == ["P-1"]


def test_pages_keep_the_filters_and_lead_both_ways(company, ada, log):
    event_type, address = log
    for number in range(120):
        at = make.NOON + timedelta(minutes=number // 7)
        make.recorded(event_type, make.Parcel(company.pk, label=f"P-{number}"), at=at)

    first = ada.get(address, {"who": "Ada", "text": "P-"})
    second = ada.get(address + first.context["older"])
    third = ada.get(address + second.context["older"])
    back = ada.get(address + third.context["newer"])

    seen = shown(first) + shown(second) + shown(third)
    assert (len(seen), len(set(seen)), third.context["older"]) == (120, 120, None)
    assert shown(back) == shown(second)
    assert parse_qs(urlsplit(second.context["older"]).query).keys() == {"who", "text", "older_than"}


def test_an_empty_log_says_what_will_stand_there(company, ada):
    assert "Every change to a customer" in ada.get(reverse("audit:billing_log")).content.decode()
    assert "No entry matches" in ada.get(reverse("audit:billing_log"), {"text": "zebra"}).content.decode()


def test_a_page_costs_the_same_queries_for_one_entry_and_for_fifty(company, ada, log):
    event_type, address = log
    make.recorded(event_type, make.Parcel(company.pk), changes={"height": [1, 2]})
    ada.get(address)
    with CaptureQueriesContext(connection) as for_one:
        ada.get(address)
    for _ in range(50):
        make.recorded(event_type, make.Parcel(company.pk), changes={"height": [1, 2]})

    with CaptureQueriesContext(connection) as for_fifty:
        page = ada.get(address)

    assert len(page.context["page"].entries) == 50
    assert len(for_fifty) == len(for_one) == {"billing": 5, "security": 6}[event_type.log]


@pytest.mark.parametrize(
    ("role", "billing", "security"),
    [("administrator", 200, 200), ("employee", 200, 403), ("read_only", 200, 403), ("account_manager", 403, 403)],
)
def test_each_role_reads_what_it_may(company, role, billing, security):
    browser = visitors.browser(visitors.member(company, role))

    assert browser.get(reverse("audit:billing_log")).status_code == billing
    assert browser.get(reverse("audit:security_log")).status_code == security
    assert browser.post(reverse("audit:billing_log")).status_code == (405 if billing == 200 else 403)


def test_a_restricted_member_reads_about_their_customers_only(company):
    member = visitors.member(company, "read_only")
    member.restriction = "owner"
    member.save(update_fields=["restriction"])
    filled = declare("shelf.filled", "filled shelf {target}")
    with in_company(company):
        own, foreign = (
            Customer.objects.create(
                company=company,
                number=name,
                name=name,
                currency="EUR",
                payment_terms="NET 30",
                owner=owner,
                created_at=make.NOON,
            )
            for name, owner in (("Own", member.user), ("Foreign", None))
        )
    shelves = [make.Parcel(company.pk, customer.pk, label=customer.name) for customer in (own, foreign)]
    for shelf in (*shelves, make.Parcel(company.pk, None, "Companys")):
        make.recorded(filled, shelf)
    browser = visitors.browser(member)

    assert shown(browser.get(reverse("audit:billing_log"))) == ["Own"]
    assert shown(browser.get(reverse("audit:billing_log"), {"customer": foreign.pk})) == []
    assert [browser.get(reverse("audit:history", args=["parcel", shelf.pk])).status_code for shelf in shelves] == [
        200,
        404,
    ]


def test_history_tells_one_objects_story(company, ada):
    filled = declare("shelf.filled", "filled shelf {target}")
    shelf = make.Parcel(company.pk, label="Tall")
    make.recorded(filled, shelf)
    make.recorded(filled, shelf, at=make.NOON + timedelta(days=1))
    make.recorded(filled, make.Parcel(company.pk, label="Other"))

    page = ada.get(reverse("audit:history", args=["parcel", shelf.pk]))

    assert shown(page) == ["Tall", "Tall"]
    assert "History of <bdi>Tall</bdi>" in page.content.decode()


def test_the_history_of_nothing_and_of_another_companys_object_is_not_there(company, ada):
    filled = declare("shelf.filled", "filled shelf {target}")
    foreign = make.Parcel(visitors.company("Borealis").pk)
    make.recorded(filled, foreign)

    for object_type, object_id in (("parcel", foreign.pk), ("parcel", uuid7()), ("invoice", uuid7())):
        assert ada.get(reverse("audit:history", args=[object_type, object_id])).status_code == 404


def test_reading_the_security_log_is_an_entry_once_an_hour_and_session(company, ada, time_machine):
    address = reverse("audit:security_log")
    time_machine.move_to(make.NOON, tick=False)
    ada.get(address)
    ada.get(address, {"text": "x"})
    assert SecurityEvent.objects.filter(action="security_log.viewed").count() == 1

    time_machine.move_to(make.NOON + timedelta(minutes=1), tick=False)
    visitors.browser(visitors.member(company, name="Bo")).get(address)
    time_machine.move_to(make.NOON + timedelta(minutes=61), tick=False)
    ada.get(address)

    entries = SecurityEvent.objects.filter(action="security_log.viewed").order_by("at", "id")
    assert make.sentences(entries) == [
        "Ada read the security log of Acme",
        "Bo read the security log of Acme",
        "Ada read the security log of Acme",
    ]
    assert {(entry.company_id, entry.object_id) for entry in entries} == {(company.pk, str(company.pk))}


def test_a_refused_reader_leaves_no_entry_of_reading(company):
    visitors.browser(visitors.member(company, "employee")).get(reverse("audit:security_log"))

    assert not SecurityEvent.objects.filter(action="security_log.viewed").exists()


def test_the_timeline_of_a_record_speaks_in_the_companys_time(company, rf):
    filled = declare("shelf.filled", "filled shelf {target}")
    make.recorded(filled, make.Parcel(company.pk, label="Tall <b>"), outcome="failure")
    request = rf.get("/")
    request.access = visitors.access(visitors.member(company))

    html = render_to_string("audit/_timeline.html", {"entries": BillingEvent._base_manager.all()}, request)

    assert "Tall &lt;b&gt;" in html
    assert "12 Mar 2026, 13:00" in html
    assert 'class="bad"' in html
