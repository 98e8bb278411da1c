"""Where sessions are kept: found by the hash of a key, read anew each time, never brought back."""

from datetime import timedelta

import pytest
import time_machine
from django.contrib.sessions.backends.base import UpdateError
from django.contrib.sessions.exceptions import SessionInterrupted
from django.utils import timezone

from accounts.models import Session
from accounts.session_store import KIND, SessionStore
from portal.models import PortalSession
from security.visits import key_hash
from tests import books, visitors
from tests.portal.conftest import opened
from tests.visitors import Browser

pytestmark = pytest.mark.django_db

COOKIE = "__Host-session"
PAGE = "/settings/security/"
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
SECOND = timedelta(seconds=1)


@pytest.fixture
def bo(company):
    return visitors.browser(visitors.member(company, "read_only", "Bo"))


def row_of(browser):
    return Session.objects.get(key_hash=key_hash(KIND, browser.cookies[COOKIE].value))


def is_in(browser):
    return browser.get(PAGE).status_code == 200


def with_key(key):
    browser = Browser()
    browser.cookies[COOKIE] = key
    return browser


MALFORMED = {
    "empty": "",
    "short": "abc",
    "one too short": "a" * 31,
    "one too long": "a" * 33,
    "overlong": "a" * 100_000,
    "capitals": "A" * 32,
    "unicode": "é" * 32,
    "digits of elsewhere": ("٣" * 32).encode().decode("latin-1"),
    "control characters": "\\000\\037" * 16,
    "a hash": "0" * 64,
    "SQL": "' OR 1=1 --aaaaaaaaaaaaaaaaaaaaa",
}


@pytest.mark.parametrize("key", MALFORMED.values(), ids=MALFORMED)
def test_what_could_be_no_key_is_not_even_looked_for(key, django_assert_num_queries):
    with django_assert_num_queries(0):
        response = with_key(key).get(PAGE)
    assert (response.status_code, response.url) == (302, f"/sign-in/?next={PAGE}")


def test_a_key_that_opens_nothing_costs_one_question_and_makes_no_row(django_assert_num_queries):
    with django_assert_num_queries(1):
        response = with_key("a" * 32).get(PAGE)
    assert response.status_code == 302
    assert not Session.objects.exists()


def test_an_answer_to_an_old_key_leaves_the_cookie_of_the_new_one_alone(ada):
    """Two requests are under way when the first changes the key; the second must not sign the browser out."""
    old = ada.cookies[COOKIE].value
    visitors.sign_in(ada, ada_member())
    response = with_key(old).get(PAGE)
    assert (response.status_code, COOKIE in response.cookies) == (302, False)


def ada_member():
    return visitors.member(visitors.company("Elsewhere"), name="Ada")


def test_signing_out_takes_the_cookie_away(ada):
    cookie = ada.post("/sign-out/").cookies[COOKIE]
    assert (cookie.value, cookie["max-age"], cookie["path"], bool(cookie["secure"])) == ("", 0, "/", True)


def test_the_table_does_not_hold_what_opens_a_session(ada):
    key, row = ada.cookies[COOKIE].value, row_of(ada)
    assert key not in str(vars(row))
    assert not is_in(with_key(row.key_hash))
    assert not is_in(with_key(row.key_hash[:32]))
    assert not is_in(with_key(str(row.pk)))
    assert not is_in(with_key(row.pk.hex))
    assert is_in(with_key(key))


def test_a_portal_key_opens_no_session_of_a_member_nor_the_reverse(ada, acme):
    invoice = books.issued(acme)
    visitor = opened(invoice, acme.email)
    page = f"/portal/invoices/{invoice.pk}/"
    member_key, portal_key = ada.cookies[COOKIE].value, visitor.cookies["__Host-portal"].value

    as_member, as_customer = Browser(), Browser()
    as_member.cookies[COOKIE] = portal_key
    as_customer.cookies["__Host-portal"] = member_key
    assert not is_in(as_member)
    assert as_customer.get(page).status_code == 403
    assert visitor.get(page).status_code == 200


def test_even_the_same_key_in_both_tables_opens_each_only_with_a_hash_of_its_own(ada, acme):
    """Were the kind not part of the hash, a row copied from one table into the other would open there."""
    key = ada.cookies[COOKIE].value
    invoice = books.issued(acme)
    opened(invoice, acme.email)
    PortalSession.objects.update(key_hash=row_of(ada).key_hash)
    as_customer = Browser()
    as_customer.cookies["__Host-portal"] = key
    assert as_customer.get(f"/portal/invoices/{invoice.pk}/").status_code == 403


def test_a_session_ends_with_its_row_whatever_was_kept_in_memory(ada):
    assert is_in(ada)
    Session.objects.all().delete()
    assert not is_in(ada)
    assert not Session.objects.exists()


def test_every_request_reads_the_row_anew_once(ada, django_assert_num_queries):
    for _ in range(2):
        store = SessionStore(ada.cookies[COOKIE].value)
        with django_assert_num_queries(1):
            assert store["_auth_user_id"] == str(store.row.user_id)
            assert store.row.company.name == "Ledger"


def test_a_session_ended_during_a_request_is_not_brought_back(ada):
    store = SessionStore(ada.cookies[COOKIE].value)
    store["theme"] = "dark"
    Session.objects.all().delete()
    with pytest.raises(UpdateError):
        store.save()
    with pytest.raises(SessionInterrupted):
        store.cycle_key()
    assert not Session.objects.exists()


def ended_by_somebody_else(**given):
    Session.objects.all().delete()


@pytest.mark.parametrize(
    ("action", "path"),
    [("sessions.end_others", "/settings/security/sessions/end-others/"), ("companies.enter", "/company/switch/")],
    ids=["writes into the session", "changes its key"],
)
def test_a_page_says_that_the_session_ended_while_it_was_made(ada, company, monkeypatch, action, path):
    monkeypatch.setattr(f"accounts.actions.{action}", ended_by_somebody_else)
    response = ada.post(path, {"company": str(company.pk)})
    assert response.status_code == 400
    assert "<h1>This session has ended</h1>" in response.content.decode()
    assert not Session.objects.exists()
    assert not is_in(ada)


def test_a_new_key_keeps_the_row_and_ends_the_old_key(ada):
    old, row = ada.cookies[COOKIE].value, row_of(ada)
    store = SessionStore(old)
    store.cycle_key()
    store.save()
    assert not is_in(with_key(old))
    assert is_in(with_key(store.session_key))
    assert Session.objects.get(key_hash=key_hash(KIND, store.session_key)) == row


def test_two_requests_at_once_with_one_session_keep_working(ada):
    first, second = SessionStore(ada.cookies[COOKIE].value), SessionStore(ada.cookies[COOKIE].value)
    first["one"], second["two"] = 1, 2
    first.save()
    second.save()
    assert is_in(ada)


def test_a_request_under_way_when_the_key_changes_writes_nothing_under_the_old_one(ada):
    first, second = SessionStore(ada.cookies[COOKIE].value), SessionStore(ada.cookies[COOKIE].value)
    second["two"] = 2
    first.cycle_key()
    first.save()
    with pytest.raises(UpdateError):
        second.save()
    assert is_in(with_key(first.session_key))
    assert "two" not in SessionStore(first.session_key)


def test_what_somebody_wrote_into_the_data_without_our_key_is_not_believed(ada):
    Session.objects.update(data="eyJhZG1pbiI6dHJ1ZX0:1forged:signature")
    assert not is_in(ada)


def test_the_data_holds_no_secret(ada):
    ada.get(PAGE)
    ada.post("/company/switch/", {"company": str(row_of(ada).company_id)})
    held = SessionStore(ada.cookies[COOKIE].value).load()
    assert set(held) <= {"_auth_user_id", "_auth_user_backend", "_auth_user_hash", "_messages"}


def test_dead_sessions_are_cleared_out_and_no_live_one(company):
    at = timezone.now()
    for seen, started in ((1, 1), (14, 700), (15, 15), (1, 720)):
        Session.objects.create(
            key_hash=f"{seen}-{started}", seen_at=at - seen * MINUTE, started_at=at - started * MINUTE
        )
    with time_machine.travel(at, tick=False):
        SessionStore.clear_expired()
    assert set(Session.objects.values_list("key_hash", flat=True)) == {"1-1", "14-700"}


def end_of(browser, wait, step=10 * MINUTE):
    """Use the session every ten minutes for so long; whether it is still open then."""
    begun = row_of(browser).started_at
    for minutes in range(-(-wait // step)):
        with time_machine.travel(begun + minutes * step, tick=False):
            browser.get(PAGE)
    with time_machine.travel(begun + wait, tick=False):
        return is_in(browser)


@pytest.mark.parametrize(("quiet", "open_"), [(15 * MINUTE - SECOND, True), (15 * MINUTE, False), (HOUR, False)])
def test_a_quarter_of_an_hour_of_quiet_ends_a_session(ada, quiet, open_):
    with time_machine.travel(row_of(ada).seen_at + quiet, tick=False):
        assert is_in(ada) is open_


@pytest.mark.parametrize(("age", "open_"), [(12 * HOUR - SECOND, True), (12 * HOUR, False)])
def test_twelve_hours_end_a_session_however_busy(ada, age, open_):
    assert end_of(ada, age) is open_


@pytest.mark.parametrize(("quiet", "open_"), [(5 * MINUTE - SECOND, True), (5 * MINUTE, False)])
def test_a_company_may_ask_for_less_quiet(ada, company, quiet, open_):
    company.idle_minutes = 5
    company.save()
    with time_machine.travel(row_of(ada).seen_at + quiet, tick=False):
        assert is_in(ada) is open_


@pytest.mark.parametrize(("age", "open_"), [(HOUR - SECOND, True), (HOUR, False)])
def test_a_company_may_ask_for_shorter_sessions(ada, company, age, open_):
    company.session_hours = 1
    company.save()
    assert end_of(ada, age) is open_


BY_ITSELF = {
    "htmx": {"HX-Request": "true"},
    "our own fetch": {"X-Requested-With": "fetch"},
    "any fetch": {"Sec-Fetch-Dest": "empty"},
    "an image": {"Sec-Fetch-Dest": "image"},
}


@pytest.mark.parametrize("headers", BY_ITSELF.values(), ids=BY_ITSELF)
def test_what_a_page_asks_for_by_itself_keeps_nobody_signed_in(ada, headers):
    seen = row_of(ada).seen_at
    with time_machine.travel(seen + 10 * MINUTE, tick=False):
        assert ada.get(PAGE, headers=headers).status_code == 200
    assert row_of(ada).seen_at == seen


@pytest.mark.parametrize("headers", [{}, {"Sec-Fetch-Dest": "document"}])
def test_opening_a_page_and_sending_a_form_keep_somebody_signed_in(ada, headers):
    seen = row_of(ada).seen_at
    for minutes, use in ((10, ada.get), (20, ada.post)):
        with time_machine.travel(seen + minutes * MINUTE, tick=False):
            use("/settings/security/sessions/stay/" if use == ada.post else PAGE, headers=headers)
        assert row_of(ada).seen_at == seen + minutes * MINUTE


def test_the_last_use_is_written_once_a_minute(ada, django_assert_num_queries):
    seen = row_of(ada).seen_at
    for seconds, written in ((59, 0), (60, 60), (119, 60), (120, 120)):
        with time_machine.travel(seen + seconds * SECOND, tick=False):
            ada.get(PAGE)
        assert row_of(ada).seen_at == seen + written * SECOND
