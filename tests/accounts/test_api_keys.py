"""Making API keys within one's own rights, telling of them, ending them; and the pages on which that is done."""

import datetime
import logging
import re

import pytest
import time_machine
from django.apps import apps
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.actions import api_keys
from accounts.errors import ApiKeyRefused, GrantRefused
from accounts.models import ApiKey, Letter, Membership
from accounts.permissions import Permission
from accounts.queries.api_keys import state_of
from audit.actors import Actor
from audit.models import SecurityEvent
from invoiced import logs, schedules
from security.redaction import redact
from security.tokens import token_hash
from tests import make, visitors
from tests.accounts.letter_box import delivered, path, text
from tests.keys import Program, key

pytestmark = pytest.mark.django_db
AT = datetime.datetime(2026, 3, 16, 9, 0, tzinfo=datetime.UTC)
DAY = datetime.timedelta(days=1)
LIST, CREATE = "/settings/api-keys/", "/settings/api-keys/new/"
SHOWN = re.compile(r'value="(inv_[\w-]{43})"')
FORM = {"name": "Nightly export", "permissions": ["customer.view"], "sees": "mine", "lasts": "30"}


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(AT, tick=False) as moving:
        yield moving


@pytest.fixture
def maker(company):
    return visitors.member(company, "administrator", "Ada")


@pytest.fixture
def browser(maker):
    return visitors.browser(maker)


def made(maker, **changed):
    details = {
        "maker": maker,
        "name": "Nightly export",
        "permissions": [Permission.CUSTOMER_VIEW],
        "last_day": AT.date() + 30 * DAY,
        "by": Actor.member(maker.user),
        "at": AT,
    }
    return api_keys.make(**details | changed)


def everything_stored():
    """All that the database holds, as text."""
    return "\n".join(str(row) for model in apps.get_models() for row in model._base_manager.values())


def test_a_key_is_shown_once_and_kept_nowhere(browser, acme, caplog):
    caplog.set_level(logging.DEBUG)
    caplog.handler.setFormatter(logs.LineFormatter())
    page = browser.post(CREATE, FORM)
    [token] = SHOWN.findall(page.content.decode())
    row = ApiKey.objects.get()
    program = Program(token)

    assert program.get("/api/v1/customers/").json()["data"][0]["name"] == "Acme"
    assert program.get("/api/v1/nothing/").status_code == 404
    assert (row.key_hash, row.hint) == (token_hash(token), token[:12])
    assert page.headers["Cache-Control"] == "no-store"
    assert token not in str(page.cookies) + str(page.headers)
    for later in (LIST, CREATE, f"{LIST}{row.pk}/", "/logs/security/"):
        assert token not in browser.get(later).content.decode()
    assert token not in everything_stored() + caplog.text
    assert [token in text(letter) for letter in delivered()] == [False]


def test_no_log_line_holds_a_key():
    token = "inv_" + "Ab-_9" * 8 + "xyz"
    assert redact(f"asked with {token} for it") == "asked with [redacted] for it"


def test_opening_the_page_of_a_key_is_in_the_log_once_an_hour_for_each_key_and_session(browser, maker, clock):
    first, second = made(maker)[0], made(maker, name="Other")[0]

    for key_, times in ((first, 2), (second, 1)):
        for _ in range(times):
            browser.get(f"{LIST}{key_.pk}/")
    visitors.browser(maker).get(f"{LIST}{first.pk}/")
    for _ in range(6):
        clock.shift(datetime.timedelta(minutes=12))
        browser.get(f"{LIST}{first.pk}/")

    viewed = SecurityEvent.objects.filter(action="api_key.viewed")
    assert sorted(str(entry) for entry in viewed) == [
        "Ada opened the page of the API key Nightly export",
        "Ada opened the page of the API key Nightly export",
        "Ada opened the page of the API key Nightly export",
        "Ada opened the page of the API key Other",
    ]
    assert len({entry.session for entry in viewed}) == 2


def test_sending_the_form_again_makes_no_second_key(browser):
    browser.post(CREATE, FORM)
    page = browser.post(CREATE, FORM)
    assert "There is a key “Nightly export” already." in page.content.decode()
    assert ApiKey.objects.count() == 1


def test_its_making_is_in_the_log_and_told_to_its_maker(browser, maker):
    browser.post(CREATE, FORM | {"sees": "nothing"})
    entry = SecurityEvent.objects.get(action="api_key.made")
    assert (entry.actor_label, entry.object_label) == ("Ada", "Nightly export")
    assert entry.changes == {
        "name": [None, "Nightly export"],
        "permissions": [None, ["customer.view"]],
        "expires_at": [None, "2026-04-16T00:00:00+00:00"],
        "restriction": [None, "customers"],
        "field_values": [None, {}],
        "customer_ids": [None, []],
    }
    [letter] = delivered()
    assert letter["To"] == maker.user.email
    assert "may: see customers, their contacts, balances and activity." in text(letter)


def test_saying_it_was_not_me_ends_the_keys_made_since(browser, maker):
    older = key(maker, token="inv_older", name="Older", created_at=AT - DAY)
    browser.post(CREATE, FORM)
    [letter] = delivered()
    browser.post(path(letter))
    newer = ApiKey.objects.get(name="Nightly export")
    older.refresh_from_db()
    assert (newer.revoked_at, older.revoked_at) == (AT, None)
    assert SecurityEvent.objects.filter(action="api_key.revoked").count() == 1


def test_it_ends_with_its_last_day_in_the_companys_zone(db):
    of = visitors.company("Harbour", "America/New_York")
    row, _ = made(visitors.member(of, name="Ada"), last_day=datetime.date(2026, 4, 1))
    assert row.expires_at == datetime.datetime(2026, 4, 2, 4, 0, tzinfo=datetime.UTC)


@pytest.mark.parametrize(("lasts", "ends"), [("30", (2026, 4, 16)), ("90", (2026, 6, 15)), ("365", (2027, 3, 17))])
def test_it_lasts_as_chosen(browser, lasts, ends):
    browser.post(CREATE, FORM | {"lasts": lasts})
    assert ApiKey.objects.get().expires_at == datetime.datetime(*ends, tzinfo=datetime.UTC)


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"name": ""}, "Give the key a name."),
        ({"permissions": []}, "Choose at least one thing the key may do."),
        ({"permissions": ["customer.edit"]}, "the API has nothing for it: change customers and their contacts."),
        ({"permissions": ["customer.view", "everything"]}, "One of these is no permission."),
        ({"lasts": ""}, "Choose one of these."),
        ({"lasts": "3650"}, "Choose one of these."),
        ({"sees": "all"}, "Choose one of these."),
        ({"lasts": "day"}, "Choose the last day on which the key works."),
        ({"lasts": "day", "last_day": "2026-03-15"}, "Choose a last day from today to 2027-03-16, a year ahead."),
        ({"lasts": "day", "last_day": "2027-03-17"}, "Choose a last day from today to 2027-03-16, a year ahead."),
        ({"lasts": "day", "last_day": "soon"}, "Write a day between 2000 and 2199 as YYYY-MM-DD."),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence(browser, changed, sentence):
    page = browser.post(CREATE, FORM | changed)
    assert page.status_code == 200
    assert sentence in page.content.decode()
    assert ApiKey.objects.count() == 0


def test_nobody_makes_a_key_for_what_they_do_not_hold(company):
    role = make.role(company, Permission.API_KEY_VIEW, Permission.API_KEY_EDIT, Permission.INVOICE_VIEW)
    browser = visitors.browser(visitors.member(company, role, "Cy"))
    assert "invoices and their PDF" in browser.get(CREATE).content.decode()
    assert "see payments" not in browser.get(CREATE).content.decode()
    page = browser.post(CREATE, FORM | {"permissions": ["invoice.view", "payment.view"]})
    assert "You cannot give what you do not hold yourself: see payments." in page.content.decode()
    assert ApiKey.objects.count() == 0


def test_rights_are_read_anew_when_the_key_is_made(company, maker):
    role = make.role(company, Permission.API_KEY_VIEW, Permission.API_KEY_EDIT, Permission.CUSTOMER_VIEW)
    clerk = visitors.member(company, role, "Cy")
    role.permissions = [Permission.API_KEY_VIEW, Permission.API_KEY_EDIT]
    role.save()
    with pytest.raises(GrantRefused, match="see customers"):
        made(clerk)
    Membership.objects.filter(pk=clerk.pk).update(suspended_at=AT)
    with pytest.raises(GrantRefused, match="any more"):
        made(clerk)


def test_the_action_refuses_what_the_api_does_not_use(maker):
    with pytest.raises(ApiKeyRefused, match="nothing for whoever may only: see items"):
        made(maker, permissions=[Permission.ITEM_VIEW])
    with pytest.raises(ApiKeyRefused, match="at least one"):
        made(maker, permissions=[])


def test_who_holds_nothing_the_api_uses_is_told_so(company):
    role = make.role(company, Permission.API_KEY_VIEW, Permission.API_KEY_EDIT)
    page = visitors.browser(visitors.member(company, role, "Cy")).get(CREATE)
    assert "You hold nothing that a key could be made for" in page.content.decode()


def test_a_company_has_fifty_keys_at_a_time(maker):
    for number in range(50):
        last = key(maker, token=f"inv_{number}", name=f"Key {number}", created_at=AT, expires_at=AT + DAY)
    with pytest.raises(ApiKeyRefused, match="at most 50 keys"):
        made(maker)
    api_keys.revoke(key=last, by=make.BY, at=AT)
    assert made(maker)


def test_a_restricted_maker_makes_keys_that_see_no_more_than_they(company, acme, borealis):
    permissions = [Permission.API_KEY_VIEW, Permission.API_KEY_EDIT, Permission.CUSTOMER_VIEW]
    role = make.role(company, *permissions)
    clerk = visitors.member(company, role, "Cy", restriction="customers", customer_ids=[str(acme.pk)])
    row, token = made(clerk)
    names = [one["name"] for one in Program(token).get("/api/v1/customers/").json()["data"]]
    api_keys.restrict(
        key=row, restriction="customers", customer_ids=[str(borealis.pk)], granter=clerk, by=make.BY, at=AT
    )
    assert (names, Program(token).get("/api/v1/customers/").json()["data"]) == (["Acme"], [])
    assert Program(token).get(f"/api/v1/customers/{borealis.pk}/").status_code == 404


def test_until_its_customers_are_chosen_it_sees_none(maker, acme, borealis):
    row, token = made(maker, sees_nothing_yet=True)
    assert Program(token).get("/api/v1/customers/").json()["data"] == []
    api_keys.restrict(key=row, restriction="customers", customer_ids=[str(acme.pk)], granter=maker, by=make.BY, at=AT)
    assert [one["name"] for one in Program(token).get("/api/v1/customers/").json()["data"]] == ["Acme"]
    entry = SecurityEvent.objects.get(action="api_key.restricted")
    assert entry.changes == {"customer_ids": [[], [str(acme.pk)]]}
    assert entry.sentence == "changed which customers the API key Nightly export sees: 1 chosen customer only"
    assert Letter.objects.filter(kind="api_key_restricted", user=maker.user).count() == 1


def test_nobody_decides_about_a_key_that_may_more_than_they_nor_one_restricted_about_another(company, maker, acme):
    row, _ = made(maker)
    role = make.role(company, Permission.API_KEY_VIEW, Permission.API_KEY_EDIT)
    clerk = visitors.member(company, role, "Cy")
    narrow = visitors.member(company, role, "Di", restriction="owner")
    for judge, sentence in ((clerk, "see customers"), (narrow, "only some of the customers")):
        with pytest.raises(GrantRefused, match=sentence):
            api_keys.restrict(key=row, restriction="none", granter=judge, by=make.BY, at=AT)


def test_revoking_asks_first_then_ends_it_and_tells_its_maker(browser, maker, company):
    cy = visitors.member(company, "administrator", "Cy")
    row, token = made(cy)
    delivered()
    address = f"{LIST}{row.pk}/revoke/"
    assert "Whatever uses it is refused from its next request on." in browser.get(address).content.decode()
    assert Program(token).get("/api/v1/customers/").status_code == 200
    browser.post(address)
    assert Program(token).get("/api/v1/customers/").status_code == 401
    [letter] = delivered()
    assert (letter["To"], "Ada revoked your API key “Nightly export”" in text(letter)) == (cy.user.email, True)
    entry = SecurityEvent.objects.get(action="api_key.revoked")
    assert entry.sentence == "revoked the API key Nightly export of Cy"
    assert entry.changes == {"revoked_at": [None, AT.isoformat()]}
    assert "has ended already" in browser.post(address, follow=True).content.decode()


def test_a_member_who_leaves_leaves_no_key_that_opens(maker):
    rows = [made(maker, name=name)[0] for name in ("One", "Two")]
    assert api_keys.revoke_of(membership=maker, by=make.BY, at=AT) == 2
    assert api_keys.revoke_of(membership=maker, by=make.BY, at=AT) == 0
    assert {ApiKey.objects.get(pk=row.pk).revoked_at for row in rows} == {AT}
    assert SecurityEvent.objects.filter(action="api_key.revoked").count() == 2


def test_a_week_before_it_ends_its_maker_is_told_once(maker, clock):
    made(maker)
    made(maker, name="Short", last_day=AT.date() + 3 * DAY)
    delivered()
    told = []
    for days in (22, 1, 0, 1, 30):
        clock.shift(days * DAY)
        schedules.tell_of_expiring_keys(timezone.now())
        told += [(days, letter["Subject"]) for letter in delivered()]
    assert told == [(1, "Your API key ends soon")]
    assert SecurityEvent.objects.get(action="api_key.expiry_told").data["last_day"] == "2026-04-15"


def test_of_keys_that_open_nothing_nobody_is_told(maker, company):
    ends = {"created_at": AT - 30 * DAY, "expires_at": AT + DAY}
    gone = visitors.member(company, "employee", "Cy", suspended_at=AT)
    key(maker, token="inv_1", revoked_at=AT, **ends)
    key(gone, token="inv_2", **ends)
    schedules.tell_of_expiring_keys(AT)
    assert Letter.objects.count() == 0


def test_the_list_says_who_made_each_for_what_and_when_it_was_used(browser, maker, company):
    cy = visitors.member(company, "employee", "Cy")
    key(maker, Permission.CUSTOMER_VIEW, token="inv_1", last_used_at=AT - DAY, last_used_ip="203.0.113.9")
    stopped = key(cy, token="inv_2", name="Stopped one")
    key(maker, token="inv_3", name="Revoked one", revoked_at=AT)
    key(maker, token="inv_4", name="Expired one", expires_at=AT)
    Membership.objects.filter(pk=cy.pk).update(suspended_at=AT)
    page = browser.get(LIST).content.decode()
    for words in ("15 Mar 2026, 09:00", "from 203.0.113.9", "Cy", "Stopped", "Revoked", "Expired", "Never"):
        assert words in page
    assert state_of(ApiKey.objects.get(pk=stopped.pk), AT) == "stopped"
    assert "It works again if they come back" in browser.get(f"{LIST}{stopped.pk}/").content.decode()


def test_its_page_says_what_its_maker_may_no_more(browser, company):
    role = make.role(company, Permission.CUSTOMER_VIEW)
    row = key(visitors.member(company, role, "Cy"), Permission.CUSTOMER_VIEW, Permission.PAYMENT_VIEW)
    page = browser.get(f"{LIST}{row.pk}/").content.decode()
    assert page.count("Not at present: its maker may not") == 1


def test_keys_of_another_company_are_not_there(browser):
    rival = visitors.member(visitors.company("Rival"), name="Riva")
    row = key(rival, name="Secret plan")
    assert "Secret plan" not in browser.get(LIST).content.decode()
    for address in (f"{LIST}{row.pk}/", f"{LIST}{row.pk}/revoke/"):
        assert (browser.get(address).status_code, browser.post(address).status_code) in [(404, 404), (404, 405)]
    row.refresh_from_db()
    assert row.revoked_at is None


def test_only_who_may_see_keys_sees_them(company):
    employee = visitors.browser(visitors.member(company, "employee", "Cy"))
    assert [employee.get(address).status_code for address in (LIST, CREATE)] == [403, 403]
    role = make.role(company, Permission.API_KEY_VIEW)
    looker = visitors.browser(visitors.member(company, role, "Di"))
    assert [looker.get(address).status_code for address in (LIST, CREATE)] == [200, 403]


def test_making_one_asks_again_who_is_there(browser, clock):
    clock.shift(datetime.timedelta(minutes=6))
    page = browser.post(CREATE, FORM)
    assert (page.status_code, ApiKey.objects.count()) == (200, 0)
    assert "accounts/step_up/confirm.html" in [template.name for template in page.templates]


def test_the_list_costs_the_same_for_one_key_and_for_three(browser, maker):
    costs = []
    for number in range(3):
        key(maker, token=f"inv_{number}", name=f"Key {number}")
        with CaptureQueriesContext(connection) as queries:
            browser.get(LIST)
        costs.append(len(queries))
    assert costs[0] == costs[2]
