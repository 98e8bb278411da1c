"""The sign-in rules of a company: their page, their banner, and what opens once the days of grace are over."""

import logging
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from uuid import uuid4

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import resolve

from accounts.actions import policies
from accounts.errors import PolicyRefused
from accounts.models import Company, Passkey, TotpDevice
from accounts.scoping import in_company
from audit import log
from audit.models import SecurityEvent
from tests import make, visitors
from tests.access.routes import all_routes
from tests.access.world import ask, harbour

pytestmark = pytest.mark.django_db

RULES = "/settings/sign-in/"
SET_UP = "/settings/security/set-up/"
AT = datetime(2026, 3, 12, 12, 0, 10, tzinfo=UTC)
WHY = {"by": make.BY, "at": AT}


@pytest.fixture
def clock():
    with time_machine.travel(AT) as clock:
        yield clock


@pytest.fixture
def company(clock):
    made = make.company(time_zone="Europe/Berlin")
    with in_company(made):
        yield made


@pytest.fixture
def membership(company):
    return make.member(user=make.user("ada@example.com"), company=company)


@pytest.fixture
def ada(membership):
    return membership.user


def desk(membership):
    return visitors.browser(membership)


def passkey(user):
    return Passkey.objects.create(user=user, name="Laptop", credential_id=user.pk.bytes, public_key=b"2", aaguid="")


def rules(**changed):
    usual = {"second_factor": "advised", "grace_days": 7, "idle_minutes": 15, "session_hours": 12}
    return usual | changed


def text(response):
    return response.content.decode()


def kept(company):
    return Company.objects.values(
        "second_factor", "grace_days", "passkey_for_administrators", "idle_minutes", "session_hours"
    ).get(pk=company.pk)


def test_rules_are_saved_with_what_was_before_and_after(membership, ada, company):
    make.authenticator(ada)

    response = desk(membership).post(RULES, rules(second_factor="required", grace_days=3, idle_minutes=5))

    assert response.url == RULES
    assert kept(company) == rules(
        second_factor="required", grace_days=3, idle_minutes=5, passkey_for_administrators=False
    )
    entry = SecurityEvent.objects.get()
    assert (entry.action, entry.company_id, entry.actor_label) == ("policy.changed", company.pk, "Ada Lovelace")
    assert entry.changes == {"second_factor": ["advised", "required"], "grace_days": [7, 3], "idle_minutes": [15, 5]}


def test_saving_what_is_there_writes_nothing(membership):
    assert desk(membership).post(RULES, rules()).url == RULES
    assert not SecurityEvent.objects.exists()


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"idle_minutes": "4"}, "Enter a whole number from 5 to 15."),
        ({"idle_minutes": "16"}, "Enter a whole number from 5 to 15."),
        ({"session_hours": "0"}, "Enter a whole number from 1 to 12."),
        ({"session_hours": "13"}, "Enter a whole number from 1 to 12."),
        ({"session_hours": "1e1"}, "Enter a whole number from 1 to 12."),
        ({"grace_days": "-1"}, "Enter a whole number from 0 to 60."),
        ({"grace_days": "61"}, "Enter a whole number from 0 to 60."),
        ({"grace_days": "9" * 400}, "Enter a whole number from 0 to 60."),
        ({"grace_days": ""}, "Enter a whole number from 0 to 60."),
        ({"second_factor": "sometimes"}, "Choose one of the three."),
        ({"second_factor": "\x00"}, "Choose one of the three."),
    ],
)
def test_rules_outside_our_limits_are_refused_with_a_sentence(membership, company, changed, sentence):
    before = kept(company)

    assert sentence in text(desk(membership).post(RULES, rules(**changed)))

    assert kept(company) == before


@pytest.mark.parametrize(
    ("owns", "demanded", "sentence"),
    [
        ((), {"second_factor": "required"}, "Set up a second factor yourself before you demand one"),
        ((), {"passkey_for_administrators": "on"}, "Add a passkey to your own account before you demand one"),
        ((make.authenticator,), {"passkey_for_administrators": "on"}, "Add a passkey to your own account"),
    ],
)
def test_nobody_demands_what_they_have_not_set_up(membership, ada, company, owns, demanded, sentence):
    for set_up in owns:
        set_up(ada)
    before = kept(company)

    assert sentence in text(desk(membership).post(RULES, rules(**demanded)))

    assert kept(company) == before
    assert not SecurityEvent.objects.exists()


def test_who_has_a_passkey_may_demand_both(membership, ada, company):
    passkey(ada)

    desk(membership).post(RULES, rules(second_factor="required", passkey_for_administrators="on"))

    assert kept(company)["second_factor"] == "required"
    assert kept(company)["passkey_for_administrators"]


def test_sessions_may_be_shortened_without_a_factor_of_ones_own(membership, company):
    Company.objects.update(second_factor="required", policy_since=AT)

    assert desk(membership).post(RULES, rules(second_factor="required", session_hours=4)).url == RULES
    assert kept(company)["session_hours"] == 4


def test_the_rules_ask_for_a_fresh_proof(membership, company, clock):
    browser = desk(membership)
    clock.shift(timedelta(minutes=5, seconds=1))

    assert "Confirm that it is you" in text(browser.post(RULES, rules(second_factor="off")))
    assert kept(company)["second_factor"] == "advised"


@pytest.mark.parametrize("role", ["employee", "account_manager", "read_only"])
def test_only_administrators_see_the_rules(company, role):
    browser = desk(make.member(role, company=company))

    assert browser.get(RULES).status_code == 403
    assert browser.post(RULES, rules(second_factor="off")).status_code == 403


def test_a_demand_counts_from_when_it_was_made_until_it_is_taken_back(membership, ada, company):
    def since():
        company.refresh_from_db()
        return company.policy_since, company.passkey_since

    def change(days, **rules):
        policies.change(membership=membership, rules=rules, by=make.BY, at=AT + timedelta(days=days))
        return since()

    passkey(ada)
    assert change(1, second_factor="required") == (AT + timedelta(days=1), None)
    assert change(2, grace_days=9) == (AT + timedelta(days=1), None)
    assert change(3, passkey_for_administrators=True) == (AT + timedelta(days=1), AT + timedelta(days=3))
    assert change(4, second_factor="off") == (None, AT + timedelta(days=3))
    assert change(5, second_factor="required", passkey_for_administrators=False) == (AT + timedelta(days=5), None)


def test_rules_do_not_change_without_their_entry(membership, company, monkeypatch):
    before = kept(company)
    monkeypatch.setattr(log, "record", lambda *args, **details: 1 / 0)

    with pytest.raises(ZeroDivisionError):
        policies.change(membership=membership, rules={"second_factor": "off"}, **WHY)

    assert kept(company) == before


def test_a_refused_demand_says_so_to_whoever_calls(membership):
    with pytest.raises(PolicyRefused):
        policies.change(membership=membership, rules={"second_factor": "required"}, **WHY)


def test_the_page_says_who_has_nothing(membership, ada, company):
    make.authenticator(ada)
    make.member("employee", company=company, user=make.user("bo@example.com", name="Bo Brook"))
    left = make.member("employee", company=company, user=make.user("cy@example.com", name="Cy Clay"))
    left.revoked_at = AT
    left.save()

    response = desk(membership).get(RULES)

    assert [member.user.name for member in response.context["without"]] == ["Bo Brook"]
    assert [member.user.name for member in response.context["without_passkey"]] == ["Ada Lovelace"]
    assert "1 of 2" in text(response)


def test_the_page_of_rules_takes_the_same_queries_for_any_number_of_members(membership, company):
    browser = desk(membership)
    with CaptureQueriesContext(connection) as for_one:
        browser.get(RULES)
    for _ in range(5):
        make.member("employee", company=company)

    with CaptureQueriesContext(connection) as for_six:
        browser.get(RULES)

    assert len(for_six) == len(for_one)


TEAM = "/settings/team/"


def test_the_banner_advises_gently(membership):
    page = text(desk(membership).get(TEAM))

    assert "Harbour Works advises a second factor" in page
    assert f'href="{SET_UP}"' in page


def test_the_banner_counts_down_and_names_the_day_of_the_company(membership, clock):
    """23:30 in Berlin on the 14th is still the 14th; half an hour later a day fewer is left."""
    Company.objects.update(second_factor="required", grace_days=7, policy_since=AT)
    clock.move_to(datetime(2026, 3, 14, 22, 30, tzinfo=UTC))
    browser = desk(membership)

    assert "19 Mar 2026</time>: 5 days left." in text(browser.get(TEAM))
    clock.move_to(datetime(2026, 3, 14, 23, 0, tzinfo=UTC))
    assert "19 Mar 2026</time>: 4 days left." in text(desk(membership).get(TEAM))
    clock.move_to(datetime(2026, 3, 19, 22, 0, tzinfo=UTC))
    assert "19 Mar 2026</time>: today is the last day." in text(desk(membership).get(TEAM))


@pytest.mark.parametrize("policy", ["off", "advised", "required"])
def test_who_has_a_factor_sees_no_banner(membership, ada, policy):
    Company.objects.update(second_factor=policy)
    make.authenticator(ada)

    page = text(desk(membership).get(TEAM))

    assert "second factor" not in page


def test_the_last_second_of_grace_opens_and_the_next_does_not(membership, clock):
    Company.objects.update(second_factor="required", grace_days=7, policy_since=AT)

    clock.move_to(datetime(2026, 3, 19, 22, 59, 50, tzinfo=UTC))
    browser = desk(membership)
    assert browser.get(TEAM).status_code == 200
    clock.move_to(datetime(2026, 3, 19, 23, 0, 0, tzinfo=UTC))
    assert browser.get(TEAM).url == f"{SET_UP}?next={TEAM}"


def test_setting_up_what_is_missing_opens_everything(membership, clock):
    Company.objects.update(second_factor="required", grace_days=0, policy_since=AT)
    browser = desk(membership)
    assert "asks everybody for a second factor" in text(browser.get(SET_UP))

    browser.post("/settings/security/authenticator/", {"name": "Phone"})
    code = make.code(TotpDevice.objects.get())
    assert len(browser.post("/settings/security/authenticator/confirm/", {"code": code}).context["codes"]) == 10

    assert browser.get(TEAM).status_code == 200


def test_an_app_is_not_the_passkey_an_administrator_lacks(membership, ada, clock):
    Company.objects.update(passkey_for_administrators=True, grace_days=0, passkey_since=AT)
    make.authenticator(ada)
    browser = desk(membership)

    assert browser.get(TEAM).url == f"{SET_UP}?next={TEAM}"
    page = text(browser.get(SET_UP))
    assert "its administrators to sign in with a passkey" in page
    assert "/settings/security/authenticator/" not in page


# What a person without the demanded factor may still open, besides what is for anybody, such as signing out.
STILL_OPEN = {
    "accounts:security_set_up",
    "accounts:security_authenticator_start",
    "accounts:security_authenticator_confirm",
    "accounts:security_authenticator_qr",
    "accounts:passkey_add",
    "accounts:session_stay",
}
# Nobody's own: these answer whoever comes, signed in or not, and are argued for in tests/access/test_matrix.py.
FOR_ANYBODY = {"public", "portal"}


# What addresses of accounts are about, where the world of the access tests has none of it.
OF_ACCOUNTS = {
    "session": SimpleNamespace(pk=uuid4()),
    "security_authenticator": SimpleNamespace(pk=uuid4()),
    "passkey": SimpleNamespace(pk=1),
    "factor_reset": SimpleNamespace(pk=uuid4()),
}


@pytest.fixture
def world(db, settings, tmp_path, caplog):
    caplog.set_level(logging.CRITICAL, "django.request")
    settings.DEMO, settings.EMAIL_FILE_PATH = True, tmp_path
    return harbour()


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_password_alone_reaches_nothing_but_the_set_up_once_grace_is_over(world, method):
    browser = visitors.browser(visitors.member(world.company, "administrator", "Ada"))
    Company.objects.filter(pk=world.company.pk).update(second_factor="required", grace_days=0, policy_since=AT)

    records = SimpleNamespace(**OF_ACCOUNTS | vars(world.owned))
    reached, told = set(), {}
    for route in all_routes():
        if route.by_key or route.guard in FOR_ANYBODY:
            continue
        response = ask(browser, method, route.address(records))
        leads_to = resolve(response.url.partition("?")[0]).view_name if response.status_code == 302 else None
        if leads_to != "accounts:security_set_up":
            reached.add(route.name)
            told |= {
                word: route.name for word in ("Acme", "Borealis", "Harbour Works Ltd") if word.encode() in response.body
            }

    assert reached == STILL_OPEN
    assert told == {}


def test_who_sees_only_some_customers_changes_no_sign_in_rules(company, membership):
    role = make.role(company, "team.view", "security.edit")
    clerk = make.member(role, company=company, restriction="owner")

    shown = text(desk(clerk).post(RULES, rules(second_factor="required")))

    assert "You see only some of the customers, so you cannot decide" in shown
    assert kept(company)["second_factor"] != "required"
