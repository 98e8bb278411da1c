import html
import re
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from django.db import connection
from django.template.loader import render_to_string
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.scoping import in_company
from audit.models import BillingEvent, Leaf, SecurityEvent
from audit.registry import declare
from billing.models import Customer
from security.ids import uuid7
from tests import make as project
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


def reader(company, **fields):
    """Somebody who may read both logs and nothing else."""
    may = ("audit.view", "security_log.view", "customer.view", "invoice.view", "export.run")
    return visitors.member(company, project.role(company, *may), "Rea", **fields)


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
        ({"type": "parcel"}, ["Third", "Second", "First"]),
        ({"type": "invoice"}, []),
        ({"named": "First"}, ["First"]),
        ({"named": "ir"}, ["Third", "First"]),
        ({"named": "First", "outcome": "failure"}, []),
        ({"ip": "192.0.2.7"}, ["Third", "Second", "First"]),
        ({"ip": "192.0.2.0/29", "action": "shelf.emptied"}, ["Second"]),
        ({"ip": "192.0.2.9/29"}, []),
        ({"ip": "::ffff:192.0.2.7"}, ["Third", "Second", "First"]),
        ({"ip": "::ffff:192.0.2.0/120"}, ["Third", "Second", "First"]),
        ({"ip": "2001:db8::/32"}, []),
        ({"action": "shelf", "outcome": "failure", "text": "fell", "kind": "member"}, ["Second"]),
    ):
        assert shown(ada.get(address, query)) == labels, query


def test_a_whole_name_stands_for_itself_and_the_page_leads_to_all_that_contain_it(company, ada, log):
    event_type, address = log
    for label in ("S2", "S20", "S21", "T2"):
        make.recorded(event_type, make.Parcel(company.pk, None, label))

    exactly = ada.get(address, {"named": "S2", "kind": "member"})
    assert shown(exactly) == ["S2"]
    text = exactly.content.decode()
    assert "named exactly “<bdi>S2</bdi>”" in text
    [further] = re.findall('href="([^"]+)">Show all names that contain it', text)

    parts = ada.get(html.unescape(further))
    assert (shown(parts), "named exactly" in parts.content.decode()) == (["S21", "S20", "S2"], False)
    assert "named exactly" not in ada.get(address, {"named": "S"}).content.decode()


@pytest.mark.parametrize(
    ("day", "first", "last"),
    [
        ("2026-03-12", datetime(2026, 3, 11, 23, tzinfo=UTC), datetime(2026, 3, 12, 22, 59, 59, tzinfo=UTC)),
        ("2026-03-29", datetime(2026, 3, 28, 23, tzinfo=UTC), datetime(2026, 3, 29, 21, 59, 59, tzinfo=UTC)),
        ("2028-02-29", datetime(2028, 2, 28, 23, tzinfo=UTC), datetime(2028, 2, 29, 22, 59, 59, tzinfo=UTC)),
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
        ({"action": "shelf.burned"}, "Choose one from the list."),
        ({"customer": "acme"}, "Choose one from the list."),
        ({"text": "\x00"}, "without characters that nobody can see"),
        ({"who": "x" * 1000}, "at most 200 characters"),
        ({"since": "2027-02-29"}, "Write a day between 2000 and 2199 as YYYY-MM-DD."),
        ({"ip": "192.0.2.300"}, "Write an IP address such as 192.0.2.7, or a network"),
        ({"ip": "10.0.0.0/99"}, "Write an IP address such as 192.0.2.7, or a network"),
        ({"ip": "example.com"}, "Write an IP address such as 192.0.2.7, or a network"),
        ({"named": "x" * 201}, "at most 200 characters"),
        ({"type": "<b>"}, "Choose one from the list."),
        ({"outcome": "maybe"}, "Choose one from the list."),
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
    second = ada.get(first.context["older"])
    third = ada.get(second.context["older"])
    back = ada.get(third.context["newer"])

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
    assert len(for_fifty) == len(for_one) == {"billing": 9, "security": 10}[event_type.log]


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


HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "{{ 7|add:7 }}{% now 'Y' %}",
    "\u202egnp.exe",
    "bell \x07 and escape \x1b[31m",
    "line\u2028separator",
    "javascript:alert(1)",
]


@pytest.mark.parametrize("words", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_text_is_shown_as_text_and_can_be_searched(company, ada, log, words):
    event_type, address = log
    entry = make.recorded(
        event_type, make.Parcel(company.pk, label=words), changes={words: [words, [words]]}, reason=words
    )

    for page in (ada.get(address, {"text": words[:200]}), ada.get(f"{address}{entry.pk}/")):
        text = page.content.decode()
        assert "<script>alert" not in text
        assert "<img src=x" not in text
        assert not {"\u202e", "\x07", "\x1b", "\u2028"} & set(text.partition("<main")[2].partition("<table")[2])
        assert [one.pk for one in page.context["page"].entries] == [entry.pk]


@pytest.mark.parametrize("words", ['a "quoted" word', "back\\slash", "two\nlines", "ключ", "100%_"])
def test_what_was_recorded_is_found_however_it_is_written(company, ada, words):
    told = declare("shelf.told", "told of {target}: {words}", changes=True)
    make.recorded(told, make.Parcel(company.pk, label="Data"), words=words)
    make.recorded(told, make.Parcel(company.pk, label="Change"), words="", changes={"name": ["", words]})
    make.recorded(told, make.Parcel(company.pk, label="Neither"), words="")

    assert shown(ada.get(reverse("audit:billing_log"), {"text": words})) == ["Change", "Data"]


def test_a_search_says_how_far_it_looked_and_goes_on_from_there(company, ada, log, monkeypatch):
    monkeypatch.setattr("audit.paging.LOOKED_THROUGH", 10)
    monkeypatch.setattr("audit.paging.FURTHER_ON", 20)
    event_type, address = log
    for number in range(60):
        label = "needle" if number in (0, 3, 58) else "hay"
        make.recorded(event_type, make.Parcel(company.pk, label=label), at=make.NOON + timedelta(minutes=number))

    page, seen, pages = ada.get(address, {"text": "needle"}), [], 0
    while page.context["page"].looked_back_to:
        assert "Search older entries" in page.content.decode()
        seen, pages = seen + shown(page), pages + 1
        page = ada.get(page.context["older"])
    seen += shown(page)

    assert (seen, page.context["older"]) == (["needle"] * 3, None)
    assert pages in (3, 4)
    back = page
    while not shown(back := ada.get(back.context["newer"])):
        assert "None of the next newer entries matches" in back.content.decode()
    assert shown(back) == ["needle"]


def test_the_details_show_what_changed_line_by_line_and_member_by_member(company, ada, log):
    event_type, address = log
    changes = {
        "address": ["High Street 1\nYork\nEngland", "Low Street 2\nYork\nEngland"],
        "tags": [["red", "blue"], ["blue", "<i>"]],
        "limit": [1, None],
    }
    entry = make.recorded(event_type, make.Parcel(company.pk), changes=changes)

    text = ada.get(f"{address}{entry.pk}/").content.decode()

    for words in (
        "<del><bdi>High Street 1</bdi></del></p><p><bdi>York</bdi>",
        "<ins><bdi>Low Street 2</bdi></ins></p><p><bdi>York</bdi>",
        '<ins><span class="visually-hidden">Added: </span><bdi>&lt;i&gt;</bdi></ins>',
        '<del><span class="visually-hidden">Removed: </span><bdi>red</bdi></del>',
        "<li><bdi>blue</bdi></li>",
        '<td data-label="Before"><bdi>1</bdi></td><td data-label="After"><bdi>—</bdi></td>',
    ):
        assert words in text, words


def test_an_entry_has_a_page_that_tells_its_place(company, ada, log):
    event_type, address = log
    entry = make.recorded(event_type, make.Parcel(company.pk, label="Tall"))
    page = f"{address}{entry.pk}/"
    assert "Not sealed yet" in ada.get(page).content.decode()

    Leaf.objects.create(
        index=0,
        log=event_type.log,
        entry_id=entry.pk,
        company_id=company.pk,
        number=7,
        hash=bytes(32),
        sealed_at=make.NOON,
    )

    assert "Number 7, sealed 2026-03-12 13:00:00 CET" in ada.get(page).content.decode()
    assert "Number 7, sealed" in ada.get(address).content.decode()


@pytest.mark.parametrize(
    ("apart", "sentence"),
    [
        (timedelta(hours=-1), ""),
        (
            timedelta(hours=-1, seconds=-1),
            "Bears an earlier time than it was written down: sealed on 12 Mar 2026, 13:00:00 CET.",
        ),
        (timedelta(hours=1), ""),
        (timedelta(days=400), "Bears a later time than it was written down: sealed on 12 Mar 2026, 13:00:00 CET."),
    ],
    ids=["an hour", "over an hour", "an hour ahead", "400 days ahead"],
)
def test_an_entry_that_bears_another_time_than_it_was_sealed_at_says_so(company, ada, log, sealed_log, apart, sentence):
    event_type, address = log
    entry = make.recorded(event_type, make.Parcel(company.pk), at=make.NOON + apart)
    sealed_log()

    text = ada.get(f"{address}{entry.pk}/").content.decode()
    assert sentence in text
    assert ("than it was written down" in text) == bool(sentence)


def test_another_companys_and_a_hidden_customers_entry_have_no_page(company, log):
    event_type, address = log
    hidden = make.recorded(event_type, make.Parcel(company.pk, uuid7()))
    foreign = make.recorded(event_type, make.Parcel(visitors.company("Borealis").pk))
    clerk = visitors.browser(reader(company, restriction="owner"))

    assert [clerk.get(f"{address}{id}/").status_code for id in (hidden.pk, foreign.pk, uuid7())] == [404, 404, 404]


def test_an_erased_entry_says_so_in_its_place(company, rf, log):
    event_type, address = log
    entry = make.recorded(event_type, make.Parcel(company.pk, label="Secret"), changes={"name": ["Mallory", "Trent"]})
    emptied = {"data": {}, "changes": None, "object_label": "", "actor_label": "", "actor_id": "", "salt": b""}
    for field, value in (emptied | {"erased_at": make.NOON, "place": None}).items():
        setattr(entry, field, value)
    request = rf.get("/")
    request.access = visitors.access(visitors.member(company))

    html = render_to_string("audit/_entries.html", {"entries": [entry], "log_url": address}, request)

    assert "what this entry said was erased on 12 Mar 2026; its place and hash stand." in html
    assert not [words for words in ("Secret", "Mallory", "Trent") if words in html]
