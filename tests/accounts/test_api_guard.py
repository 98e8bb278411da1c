"""What opens the API: a live key in the header, for as long and as far as its maker may. Nothing else does."""

import datetime

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts import api
from accounts.models import ApiKey, Membership, User
from accounts.permissions import Permission
from audit.models import SecurityEvent
from security import ratelimit
from security.json_errors import MESSAGES
from tests import make, visitors
from tests.keys import TOKEN, Program, key, program
from tests.visitors import Browser

pytestmark = pytest.mark.django_db
CUSTOMERS = "/api/v1/customers/"
DAY = datetime.timedelta(days=1)


@pytest.fixture
def maker(company):
    return visitors.member(company, "administrator", "Ada")


@pytest.fixture
def nightly(maker):
    return program(maker)


def refusal(status):
    code, message = MESSAGES[status]
    return status, {"error": {"code": code, "message": message}}


def told(response):
    assert response.headers["Content-Type"] == "application/json"
    return response.status_code, response.json()


def test_a_live_key_reads(nightly, acme):
    response = nightly.get(CUSTOMERS)
    assert (response.status_code, [one["name"] for one in response.json()["data"]]) == (200, ["Acme"])
    assert response.headers["Cache-Control"] == "no-store"


def test_head_is_answered_like_get_without_a_body(nightly):
    response = nightly.head(CUSTOMERS)
    assert (response.status_code, response.content) == (200, b"")


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": TOKEN},
        {"Authorization": f"Basic {TOKEN}"},
        {"Authorization": f"Bearer {TOKEN}x"},
        {"Authorization": "Bearer"},
        {"X-Api-Key": TOKEN},
    ],
)
def test_anything_but_the_key_in_its_header_is_refused(nightly, headers):
    response = Browser(headers=headers).get(CUSTOMERS)
    assert told(response) == refusal(401)
    assert response.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize("name", ["key", "api_key", "access_token", "token"])
def test_a_key_in_the_address_or_in_a_cookie_opens_nothing(nightly, name):
    browser = Browser()
    browser.cookies[name] = TOKEN
    assert told(browser.get(CUSTOMERS, {name: TOKEN})) == refusal(401)


def test_a_session_never_opens_the_api(maker):
    assert told(visitors.browser(maker).get(CUSTOMERS)) == refusal(401)


def test_a_key_never_opens_a_page(nightly):
    response = nightly.get("/customers/")
    assert (response.status_code, response["Location"]) == (302, "/sign-in/?next=/customers/")


def test_the_session_of_a_browser_has_no_part_in_what_its_key_does(maker, acme):
    other = visitors.company("Rival")
    key(maker)
    browser = visitors.browser(visitors.member(other, name="Riva"))
    response = browser.get(CUSTOMERS, headers={"Authorization": f"Bearer {TOKEN}"})
    assert [one["name"] for one in response.json()["data"]] == ["Acme"]
    assert SecurityEvent.objects.get(action="api_key.used").session == ""


def ended(name):
    at = timezone.now()
    {
        "revoked": lambda: ApiKey.objects.update(revoked_at=at),
        "expired": lambda: ApiKey.objects.update(expires_at=at),
        "maker suspended": lambda: Membership.objects.update(is_owner=False, suspended_at=at),
        "maker revoked": lambda: Membership.objects.update(is_owner=False, revoked_at=at),
        "maker locked": lambda: User.objects.update(locked_at=at),
        "maker needs a fresh start": lambda: User.objects.update(needs_fresh_start=True),
        "maker inactive": lambda: User.objects.update(is_active=False),
        "unknown": lambda: ApiKey.objects.all().delete(),
    }[name]()


@pytest.mark.parametrize(
    "name",
    [
        "revoked",
        "expired",
        "maker suspended",
        "maker revoked",
        "maker locked",
        "maker needs a fresh start",
        "maker inactive",
        "unknown",
    ],
)
def test_what_ended_is_refused_at_the_next_request_all_alike_in_words_and_work(nightly, name):
    nightly.get(CUSTOMERS)
    ended(name)
    with CaptureQueriesContext(connection) as queries:
        response = nightly.get(CUSTOMERS)
    statements = [query["sql"].split()[0] for query in queries]
    assert (told(response), statements) == (refusal(401), ["SELECT", "SAVEPOINT", "INSERT", "RELEASE"])


def test_a_maker_who_may_less_leaves_a_key_that_may_less(maker, company):
    reader = program(maker, Permission.CUSTOMER_VIEW, Permission.AUDIT_VIEW)
    assert reader.get("/api/v1/events/").status_code == 200
    Membership.objects.filter(pk=maker.pk).update(is_owner=False, role="account_manager")
    assert told(reader.get("/api/v1/events/")) == refusal(403)
    assert reader.get(CUSTOMERS).status_code == 200


def test_a_role_of_ones_own_counts_as_it_is_at_that_moment(company):
    role = make.role(company, Permission.CUSTOMER_VIEW)
    reader = program(visitors.member(company, role, "Cy"))
    assert (reader.get(CUSTOMERS).status_code, reader.get("/api/v1/payments/").status_code) == (200, 403)
    role.permissions = [Permission.PAYMENT_VIEW]
    role.save()
    assert (reader.get(CUSTOMERS).status_code, reader.get("/api/v1/payments/").status_code) == (403, 200)


def test_a_key_may_only_what_it_was_made_for(maker):
    reader = program(maker, Permission.PAYMENT_VIEW)
    assert told(reader.get(CUSTOMERS)) == refusal(403)
    assert reader.get("/api/v1/payments/").status_code == 200


def test_refusals_are_in_the_log_with_the_key_as_who_asked_and_for_whom(maker, company):
    reader = program(maker, Permission.PAYMENT_VIEW)
    nothing = "/api/v1/payments/0198c0de-0000-7000-8000-000000000000/"
    for _ in range(2):
        reader.get(CUSTOMERS)
        reader.get(nothing)
    found = SecurityEvent.objects.filter(outcome="refused").order_by("at")
    assert [(entry.action, entry.data["page"]) for entry in found] == [
        ("access.refused", CUSTOMERS),
        ("record.not_found", nothing),
    ]
    assert {(entry.actor_type, entry.actor_label, entry.on_behalf_of, entry.company_id) for entry in found} == {
        ("api_key", "Nightly export", "Ada", company.pk)
    }


def test_it_ends_at_midnight_of_the_companys_calendar(db):
    of = visitors.company("Harbour", "Asia/Tokyo")
    maker = visitors.member(of, name="Ada")
    midnight_in_tokyo = datetime.datetime(2026, 3, 31, 15, 0, tzinfo=datetime.UTC)
    with time_machine.travel(midnight_in_tokyo - datetime.timedelta(seconds=1), tick=False) as clock:
        reader = program(maker, expires_at=midnight_in_tokyo)
        before = reader.get(CUSTOMERS).status_code
        clock.shift(1)
        assert (before, reader.get(CUSTOMERS).status_code) == (200, 401)


def test_use_is_noted_once_a_minute_and_in_the_log_once_a_day(maker):
    noon = datetime.datetime(2026, 3, 16, 12, 0, tzinfo=datetime.UTC)
    with time_machine.travel(noon, tick=False) as clock:
        reader = program(maker)
        seen = []
        for seconds in (0, 59, 1, 43_138, 2, 59):
            clock.shift(seconds)
            reader.get(CUSTOMERS)
            used = ApiKey.objects.get().last_used_at
            seen.append((used, SecurityEvent.objects.filter(action="api_key.used").count()))
    start, minute = noon, datetime.timedelta(minutes=1)
    almost_midnight = noon + datetime.timedelta(seconds=43_198)
    assert seen == [
        (start, 1),
        (start, 1),
        (start + minute, 1),
        (almost_midnight, 1),
        (almost_midnight + datetime.timedelta(seconds=2), 2),
        (almost_midnight + datetime.timedelta(seconds=2), 2),
    ]
    key_row, entry = ApiKey.objects.get(), SecurityEvent.objects.filter(action="api_key.used").first()
    assert (key_row.last_used_ip, entry.actor_type, entry.on_behalf_of) == ("127.0.0.1", "api_key", "Ada")


def test_who_tries_wrong_keys_waits_and_a_good_key_from_there_does_not(nightly, monkeypatch):
    monkeypatch.setattr(api, "WRONG_KEYS", ratelimit.Limit("few", tries=2, period=datetime.timedelta(minutes=10)))
    guesser = Program("inv_guessed")
    assert [guesser.get(CUSTOMERS).status_code for _ in range(3)] == [401, 401, 429]
    response = guesser.get(CUSTOMERS)
    assert (told(response), response.headers["Retry-After"]) == (refusal(429), "600")
    assert nightly.get(CUSTOMERS).status_code == 200


def test_a_key_that_asks_too_often_waits_alone(maker, monkeypatch):
    monkeypatch.setattr(api, "REQUESTS_OF_A_KEY", ratelimit.Limit("few", tries=2, period=datetime.timedelta(minutes=1)))
    busy, other = program(maker), program(maker, token=TOKEN + "2", name="Other")
    assert [busy.get(CUSTOMERS).status_code for _ in range(3)] == [200, 200, 429]
    assert (busy.get(CUSTOMERS).headers["Retry-After"], other.get(CUSTOMERS).status_code) == ("60", 200)


def test_over_http_a_key_is_refused_and_not_redirected(nightly):
    response = Client(headers={"Authorization": f"Bearer {TOKEN}"}).get(CUSTOMERS)
    assert (response.status_code, response.json()["error"]["message"]) == (403, api.OVER_HTTP)


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
@pytest.mark.parametrize("checks", [True, False])
def test_no_other_method_is_answered(maker, method, checks):
    key(maker)
    browser = Browser(enforce_csrf_checks=checks, headers={"Authorization": f"Bearer {TOKEN}"})
    response = browser.generic(method, CUSTOMERS)
    assert (told(response), response.headers["Allow"]) == (refusal(405), "GET, HEAD")


def test_what_is_no_address_of_the_api_is_not_found_in_json(nightly):
    for path in ("/api/", "/api/v1/nothing/", "/api/v1/customers/7/", "/api/v2/customers/"):
        assert told(nightly.get(path)) == refusal(404)


def test_what_breaks_says_so_in_json(nightly, monkeypatch):
    def breaks(access):
        raise RuntimeError("broken for this test")

    monkeypatch.setattr("billing.doors.customers", breaks)
    nightly.raise_request_exception = False
    assert told(nightly.get(CUSTOMERS)) == refusal(500)


def test_an_unreadable_request_is_refused_in_json(nightly):
    response = nightly.get(CUSTOMERS, headers={"Content-Type": "text/plain; charset=utf-7"})
    assert told(response) == refusal(400)


def test_a_request_costs_two_queries_before_its_work(nightly):
    nightly.get(CUSTOMERS)
    with CaptureQueriesContext(connection) as queries:
        nightly.get("/api/v1/customers/?nothing=here")
    assert [query["sql"].split()[0] for query in queries] == ["SELECT", "SAVEPOINT", "INSERT", "RELEASE"]


def test_a_key_that_is_refused_is_not_noted_as_used(nightly):
    ApiKey.objects.update(revoked_at=timezone.now())
    nightly.get(CUSTOMERS)
    assert ApiKey.objects.get().last_used_at is None
