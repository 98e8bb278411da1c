"""Where a person is signed in: the list, ending one or all others, ten at most, and signing out."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts import sessions
from accounts.actions.sessions import MOST
from accounts.events import FACTOR_FAILED
from accounts.models import EmailChange, FactorReset, KnownDevice, Membership, Session
from accounts.models.session import Proof
from accounts.session_store import KIND
from audit import log
from audit.actors import Actor
from audit.models import SecurityEvent
from security.visits import key_hash
from tests import books, make, visitors
from tests.portal.conftest import opened
from tests.visitors import Browser

pytestmark = pytest.mark.django_db

OVERVIEW = "/settings/security/"
STAY = "/settings/security/sessions/stay/"
OTHERS = "/settings/security/sessions/end-others/"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0"
MINUTE = timedelta(minutes=1)


@pytest.fixture
def membership(company):
    return visitors.member(company, "administrator", "Ada")


@pytest.fixture
def here(membership):
    return visitors.browser(membership)


@pytest.fixture
def there(membership):
    return visitors.browser(membership)


@pytest.fixture
def bo(company):
    return visitors.browser(visitors.member(company, "read_only", "Bo"))


def row_of(browser):
    return Session.objects.get(key_hash=key_hash(KIND, browser.cookies["__Host-session"].value))


def end(session):
    return reverse("accounts:session_end", args=[session.pk])


def is_in(browser):
    return browser.get(OVERVIEW).status_code == 200


def told(response):
    return [str(message) for message in response.context["messages"]]


def entries(*actions):
    found = SecurityEvent.objects.filter(action__in=actions).order_by("at", "id")
    return [(str(entry), entry.actor_type, entry.session) for entry in found]


def signs_in(membership, at):
    """Sign in for real, in a browser of its own; the row and what the person was told."""
    browser = Browser(headers={"User-Agent": FIREFOX})
    request = browser.get("/sign-in/").wsgi_request
    row = sessions.begin(request, membership.user, [Proof.PASSWORD], at)
    request.session.save()
    return row, [str(message) for message in request._messages]


def test_the_page_shows_each_session_and_which_one_this_is(here, membership):
    signs_in(membership, timezone.now())
    page = here.get(OVERVIEW).content.decode()
    assert "Firefox on Linux" in page
    assert page.count("This one") == 1
    assert page.count(">End</button>") == 1
    assert page.count("End all other sessions") == 1
    assert re.search(r'data-label="Signed in with">Password<', page)


def test_a_single_session_offers_nothing_to_end(here):
    page = here.get(OVERVIEW).content.decode()
    assert "You are signed in nowhere else." in page
    assert "End all other sessions" not in page


def test_ending_a_session_signs_that_browser_out_at_its_next_click(here, there, membership):
    gone = row_of(there)
    response = here.post(end(gone), follow=True)

    assert told(response) == ["The session in Unknown browser has ended."]
    assert (is_in(here), is_in(there)) == (True, False)
    assert entries("session.ended") == [("Ada ended the session in Unknown browser", "member", str(row_of(here).pk))]
    assert SecurityEvent.objects.get(action="session.ended").object_id == str(gone.pk)


def test_ending_all_others_keeps_this_one(here, there, membership):
    also_there = visitors.browser(membership)
    response = here.post(OTHERS, follow=True)

    assert told(response) == ["Your 2 other sessions have ended."]
    assert [is_in(browser) for browser in (here, there, also_there)] == [True, False, False]
    assert entries("sessions.others_ended") == [("Ada ended all other sessions of Ada", "member", str(row_of(here).pk))]
    assert SecurityEvent.objects.get(action="sessions.others_ended").data == {"count": 2}


def test_where_there_is_no_other_nothing_is_logged(here):
    assert told(here.post(OTHERS, follow=True)) == ["You were signed in nowhere else."]
    assert entries("sessions.others_ended") == []


def test_nobody_ends_or_learns_of_the_session_of_somebody_else(here, bo):
    never_was, strange, own = Session(), row_of(bo), row_of(here)
    assert {here.post(end(session)).status_code for session in (never_was, strange, own)} == {404}
    assert is_in(bo)
    assert is_in(here)
    assert entries("session.ended") == []


def test_ending_all_others_ends_no_session_of_somebody_else(here, bo):
    here.post(OTHERS)
    assert is_in(bo)


@pytest.mark.parametrize("path", [OTHERS, "/sign-out/"])
def test_nothing_ends_by_following_a_link(here, there, path):
    assert here.get(path).status_code == 405
    assert here.get(end(row_of(there))).status_code == 405
    assert is_in(there)


@pytest.mark.parametrize("path", [OTHERS, "end"])
def test_without_its_entry_no_session_ends(here, there, monkeypatch, path):
    def fail(*args, **kwargs):
        raise ZeroDivisionError

    monkeypatch.setattr(log, "record", fail)
    with pytest.raises(ZeroDivisionError):
        here.post(end(row_of(there)) if path == "end" else path)
    assert is_in(there)


def test_an_eleventh_session_ends_the_one_not_used_for_longest(membership):
    at = timezone.now()
    first, *others = [signs_in(membership, at)[0] for _ in range(MOST)]
    Session.objects.filter(pk=first.pk).update(seen_at=at)
    Session.objects.filter(pk__in=[row.pk for row in others[1:]]).update(seen_at=at - MINUTE)
    Session.objects.filter(pk=others[0].pk).update(seen_at=at - 2 * MINUTE)

    newest, said = signs_in(membership, at)

    left = set(Session.objects.filter(user=membership.user))
    assert left == {first, *others[1:], newest}
    assert said == ["You can be signed in in 10 places. Those you had not used for longest were signed out: 1."]
    [(sentence, actor, session)] = entries("session.dropped")
    assert sentence == "Ada signed in beyond ten sessions, which ended the one in Firefox on Linux"
    assert (actor, session) == ("member", str(newest.pk))


def test_sessions_that_ended_by_themselves_neither_count_nor_show(here, membership):
    at = timezone.now()
    for _ in range(MOST - 1):
        signs_in(membership, at)
    Session.objects.exclude(pk=row_of(here).pk).update(seen_at=at - 15 * MINUTE)
    _, said = signs_in(membership, at)
    assert (said, entries("session.dropped")) == ([], [])
    assert here.get(OVERVIEW).content.decode().count('data-label="Last seen"') == 2


def test_signing_out_ends_the_session_leaves_an_entry_and_clears_the_browsers_copies(here, there):
    key, row = here.cookies["__Host-session"].value, row_of(here)
    response = here.post("/sign-out/")

    assert (response.url, response["Clear-Site-Data"]) == ("/sign-in/?ended=signed_out", '"cache"')
    assert "You are signed out." in here.get(response.url).content.decode()
    assert not Session.objects.filter(pk=row.pk).exists()
    assert entries("user.signed_out") == [("Ada signed out", "member", str(row.pk))]
    here.cookies["__Host-session"] = key
    assert (is_in(here), is_in(there)) == (False, True)


def test_a_second_sign_out_is_harmless(here):
    here.post("/sign-out/")
    assert here.post("/sign-out/").url == "/sign-in/?ended=signed_out"
    assert len(entries("user.signed_out")) == 1


def test_signing_out_leaves_the_visit_of_a_customer_in_the_same_browser_alone(here, acme):
    invoice = books.issued(acme)
    opened(invoice, acme.email, browser=here)
    here.post("/sign-out/")
    assert here.get(f"/portal/invoices/{invoice.pk}/").status_code == 200


def test_asking_what_is_left_extends_nothing_and_saying_stay_does(here):
    seen = row_of(here).seen_at
    with time_machine.travel(seen + 13 * MINUTE, tick=False):
        assert here.get(STAY, headers={"X-Requested-With": "fetch"}).json()["left"] == 120
        assert here.post(STAY, headers={"X-Requested-With": "fetch"}).json()["left"] == 900
    assert row_of(here).seen_at == seen + 13 * MINUTE


def test_near_its_absolute_end_staying_gives_no_more_than_what_is_left(here):
    row = row_of(here)
    Session.objects.filter(pk=row.pk).update(seen_at=row.started_at + timedelta(hours=11, minutes=50))
    with time_machine.travel(row.started_at + timedelta(hours=11, minutes=59), tick=False):
        answer = here.post(STAY).json()
    assert (answer["left"], answer["longest"]) == (60, 60)


def test_a_page_tells_the_browser_when_the_session_ends(here):
    page = here.get(OVERVIEW).content.decode()
    left, longest = re.search(r'data-left="(\d+)" data-longest="(\d+)"', page).groups()
    assert (890 <= int(left) <= 900, 43_190 <= int(longest) <= 43_200) == (True, True)
    assert "data-session-timer" not in Browser().get("/sign-in/").content.decode()


@pytest.mark.parametrize(
    ("ended", "said"),
    [
        ("idle", "Nothing was done for a while."),
        ("longest", "No session lasts longer"),
        ("elsewhere", "This session has ended."),
        ("signed_out", "You are signed out."),
    ],
)
def test_the_sign_in_page_says_why_one_is_there(ended, said):
    page = Browser().get("/sign-in/", {"ended": ended}).content.decode()
    assert said in page
    assert said not in Browser().get("/sign-in/", {"ended": "<b>"}).content.decode()


def test_the_page_shows_what_waits_for_the_person_and_what_happened(here, membership, company):
    at, user = timezone.now(), membership.user
    EmailChange.objects.create(user=user, new_email="new@example.com", started_at=at, expires_at=at + MINUTE)
    FactorReset.objects.create(user=user, company=company, asked_at=at)
    here.post(OTHERS)
    here.post("/company/switch/", {"company": str(company.pk)})
    page = here.get(OVERVIEW).content.decode()
    assert "new@example.com" in page
    assert "Still missing: the old address and the new address." in page
    assert "Somebody said that you lost your second factor." in page
    assert "switched to" in page


def busy(user, many):
    """An account with so many of everything the page shows."""
    at = timezone.now()
    for number in range(many):
        name = f"{many}-{number}"
        make.authenticator(user)
        KnownDevice.objects.create(
            user=user, token_hash=name, browser="Firefox", system="Linux", first_seen_at=at, last_seen_at=at
        )
        Session.objects.create(user=user, key_hash=name, started_at=at, seen_at=at, browser="Chrome")
        SecurityEvent.objects.create(
            at=at, actor_type="member", actor_id=str(user.pk), actor_label="Ada", action="user.signed_in",
            object_type="user", object_id=str(user.pk), object_label="Ada", data={"method": "a password"},
            outcome="success",
        )  # fmt: skip


def test_a_full_page_costs_as_many_queries_as_a_bare_one(membership):
    asked = []
    for many in (1, 8):
        busy(membership.user, many)
        browser = visitors.browser(membership)
        browser.get(OVERVIEW)
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert browser.get(OVERVIEW).status_code == 200
        asked.append(len(queries))
    assert asked == [12, 12]


def test_only_the_newest_is_on_the_page_and_the_rest_a_link_away(membership):
    busy(membership.user, 25)
    browser = visitors.browser(membership)
    page = browser.get(OVERVIEW).content.decode()
    assert page.count('data-label="First signed in"') == 10
    assert page.count('data-label="When"') == 10
    everything = browser.get("/settings/security/events/").content.decode()
    assert everything.count('data-label="When"') == 25


def test_events_go_on_page_by_page(membership):
    busy(membership.user, 60)
    browser = visitors.browser(membership)
    first = browser.get("/settings/security/events/")
    older = re.search(r'rel="next" href="([^"]+)"', first.content.decode())[1]
    second = browser.get("/settings/security/events/" + older)
    counts = [page.content.decode().count('data-label="When"') for page in (first, second)]
    assert counts == [50, 10]
    assert browser.get("/settings/security/events/?older_than=nonsense").status_code == 200


def test_nobody_reads_what_happened_to_somebody_else(membership, bo):
    busy(membership.user, 1)
    assert "signed in with a password" not in bo.get("/settings/security/events/").content.decode()


def test_knowing_who_asks_costs_four_queries(here):
    """The session with its company, the person, whether they have a second factor, where they are a member."""
    here.get(STAY)
    with CaptureQueriesContext(connection) as queries:
        assert here.get(STAY).status_code == 200
    asked = [re.search(r'FROM "accounts_(\w+)"', query["sql"])[1] for query in queries]
    assert asked == ["session", "user", "totpdevice", "membership"]


def test_every_cookie_is_held_as_tightly_as_browsers_allow(here, acme):
    invoice = books.issued(acme)
    visitor = opened(invoice, acme.email)
    answers = [
        Browser().get("/sign-in/"),
        Browser().get("/sign-in/forgot/"),
        Browser().post("/sign-in/", {"email": "x@example.com", "password": "wrong"}),
        here.get(OVERVIEW),
        here.get("/"),
        here.get(f"/invoices/{invoice.pk}/"),
        here.post("/company/switch/", {"company": str(invoice.company_id)}),
        here.get("/nowhere/"),
        visitor.get(f"/portal/invoices/{invoice.pk}/"),
        visitor.post("/portal/end/"),
        here.post("/sign-out/"),
    ]
    seen = [(name, cookie) for answer in answers for name, cookie in answer.cookies.items()]
    assert {name for name, _ in seen} >= {"__Host-session", "__Host-csrf", "__Host-portal"}
    loose = [
        f"{name}: {cookie.OutputString()}"
        for name, cookie in seen
        if not name.startswith("__Host-")
        or not cookie["secure"]
        or cookie["path"] != "/"
        or cookie["domain"]
        or cookie["samesite"] not in ("Lax", "Strict")
        # One that is taken away holds nothing a script could read.
        or not (cookie["httponly"] or (cookie.value == "" and cookie["max-age"] == 0))
    ]
    assert not loose, loose


def test_a_request_of_another_tab_does_not_end_a_session_whose_password_is_just_changing(db):
    """It reads the session from before the change and the person from after it."""
    member = make.member()
    browser = visitors.browser(member)
    member.user.set_password("eleven patient ferries under glass")
    member.user.save()

    assert browser.get("/settings/security/").status_code == 302

    assert Session.objects.filter(user=member.user).exists()
    assert Session.objects.count() == 1


@pytest.mark.parametrize("page", [OVERVIEW, "/settings/security/events/"])
def test_what_one_did_about_customers_one_does_not_see_any_more_is_not_told(company, page):
    cy = visitors.member(company, "employee", "Cy")
    acme, hidden = books.customer(company, "Acme"), books.customer(company, "Hidden Works")
    with transaction.atomic():
        for customer in (acme, hidden):
            log.record(FACTOR_FAILED, target=customer, by=Actor.member(cy.user), at=timezone.now())
    assert "Hidden Works" in visitors.browser(cy).get(page).content.decode()

    Membership.objects.filter(pk=cy.pk).update(restriction="customers", customer_ids=[str(acme.pk)])

    told = visitors.browser(cy).get(page).content.decode()
    assert ("Acme" in told, "Hidden Works" in told) == (True, False)
