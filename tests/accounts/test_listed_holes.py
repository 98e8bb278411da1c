"""Holes that libraries for signing in are known to have (docs/adr/0005), each tried here against ours."""

import base64
from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from accounts.actions import recovery_codes
from accounts.models import Session, TotpDevice
from tests import make
from tests.accounts.signing_in import (
    CODE,
    OWN_ACCOUNT,
    SIGN_IN,
    actions,
    give_code,
    give_password,
    is_inside,
    refusal,
    sign_in,
    use_passkey,
)
from tests.database import contents

pytestmark = pytest.mark.django_db

START = "/settings/security/authenticator/"
CONFIRM = "/settings/security/authenticator/confirm/"
SESSION = "__Host-session"


@pytest.fixture
def clock():
    with time_machine.travel(datetime(2026, 3, 12, 12, 0, 10, tzinfo=UTC)) as clock:
        yield clock


@pytest.fixture
def ada(clock):
    return make.member(user=make.user("ada@example.com")).user


def enrol(browser):
    """Set up an authenticator app through the pages; the app, the code that was shown, and the recovery codes."""
    browser.post(START, {"name": "Phone"})
    device = TotpDevice.objects.get(confirmed=False)
    code = make.code(device)
    return device, code, browser.post(CONFIRM, {"code": code}).context["codes"]


def test_a_set_up_cannot_be_posted_past_the_second_factor(browser, ada):
    """A session that began with the password alone enrols nothing once a factor exists, by GET or by POST."""
    give_password(browser)
    browser.post(START, {"name": "Mine"})
    prepared = TotpDevice.objects.get()
    make.authenticator(ada)

    browser.post(START, {"name": "Mine"})
    browser.post(CONFIRM, {"code": make.code(prepared)})

    assert [device.name for device in TotpDevice.objects.filter(confirmed=True)] == ["Authenticator app"]
    assert not is_inside(browser)


def test_whatever_signs_a_person_in_without_their_factor_opens_nothing(browser, ada):
    """`login()` called by anybody but `sessions.begin` gives a session in which no factor was shown."""
    make.authenticator(ada)
    browser.force_login(ada)

    assert browser.get(OWN_ACCOUNT).url.startswith(SIGN_IN)
    assert browser.post(START, {"name": "Mine"}).url.startswith(SIGN_IN)


@pytest.mark.parametrize("name", ["default", "Tablet", "", "backup"])
def test_an_app_is_asked_for_whatever_its_name(browser, ada, name):
    TotpDevice.objects.create(user=ada, name=name, confirmed=True)

    assert give_password(browser).url.startswith(CODE)
    assert not is_inside(browser)


@pytest.mark.parametrize("name", ["default", "Laptop", ""])
def test_a_passkey_is_asked_for_whatever_its_name(browser, ada, name):
    make.passkey(ada, name)

    assert give_password(browser).url.startswith(CODE)
    assert not is_inside(browser)


def test_a_dump_of_the_database_opens_nothing(browser, other_browser, ada, clock):
    """During a set-up, after it, half-way through a sign-in and after one: no seed, code, key, token or password."""
    give_password(browser)
    browser.post(START, {"name": "Phone"})
    device = TotpDevice.objects.get()
    browser.get(CONFIRM)
    dumps = [contents()]
    codes = browser.post(CONFIRM, {"code": make.code(device)}).context["codes"]
    clock.shift(timedelta(minutes=1))
    give_password(other_browser)
    dumps.append(contents())
    waiting = other_browser.cookies[SESSION].value
    give_code(other_browser, make.code(device))
    dumps.append(contents())

    seed = base64.b32decode(device.seed)
    secrets = [
        *(device.seed, seed.hex(), seed.decode("latin-1"), base64.b64encode(seed).decode()),
        *codes,
        *(code.replace("-", "") for code in codes),
        *(make.PASSWORD, waiting),
        *(browser.cookies[name].value for name in (SESSION, "__Host-device")),
        *(other_browser.cookies[name].value for name in (SESSION, "__Host-device")),
    ]
    assert "ada@example.com" in dumps[0]
    assert [secret for secret in secrets for text in dumps if secret.lower() in text.lower()] == []


def test_the_recovery_codes_are_shown_once(browser, ada):
    give_password(browser)
    _, _, codes = enrol(browser)

    for page in (OWN_ACCOUNT, CONFIRM, "/settings/security/recovery-codes/"):
        text = browser.get(page).content.decode()
        assert not any(code in text for code in codes)


def test_the_code_of_the_set_up_is_not_accepted_again(browser, other_browser, ada, clock):
    give_password(browser)
    device, code, _ = enrol(browser)

    assert refusal(sign_in(other_browser, code))
    clock.shift(timedelta(minutes=1))
    assert sign_in(other_browser, make.code(device)).status_code == 302


def test_one_code_is_accepted_by_one_of_two_requests_that_overlap(browser, other_browser, ada, monkeypatch):
    """The second request comes to its end after the first has read the app and before it decides."""
    device = make.authenticator(ada)
    code, shows, answers = make.code(device), TotpDevice.shows, []
    give_password(browser)
    give_password(other_browser)

    def shows_after_the_other_request(self, token):
        answer = shows(self, token)
        monkeypatch.setattr(TotpDevice, "shows", shows)
        answers.append(give_code(other_browser, code).status_code)
        return answer

    monkeypatch.setattr(TotpDevice, "shows", shows_after_the_other_request)
    answers.append(give_code(browser, code).status_code)

    assert answers == [302, 200]
    assert (is_inside(other_browser), is_inside(browser)) == (True, False)


def test_people_with_an_app_and_with_a_passkey_do_not_change_each_others_steps(browser, other_browser, ada):
    """Their steps alternate; what one of them is asked for depends on nothing the other did."""
    bo = make.member(user=make.user("bo@example.com")).user
    app, passkey = make.authenticator(ada), make.passkey(bo)

    assert give_password(browser).url == give_password(other_browser, "bo@example.com").url
    pages = [one.get(CODE) for one in (browser, other_browser)]
    assert [[*page.context["form"].fields] for page in pages] == [["code"], ["code"]]
    assert use_passkey(other_browser, passkey, CODE).status_code == 302
    assert give_code(browser, make.code(app)).status_code == 302

    proofs = {session.user.email: {*session.proofs} for session in Session.objects.all()}
    assert proofs == {"ada@example.com": {"password", "app"}, "bo@example.com": {"password", "passkey"}}


def test_a_session_ends_with_its_row(browser, ada):
    """No copy in a cache outlives it."""
    give_password(browser)
    assert is_inside(browser)

    Session.objects.all().delete()

    assert not is_inside(browser)


def test_what_the_table_holds_of_a_key_opens_nothing(browser, other_browser, ada):
    give_password(browser)
    row = Session.objects.get()

    for value in (row.key_hash, row.key_hash[:32], str(row.pk), row.pk.hex):
        other_browser.cookies[SESSION] = value
        assert not is_inside(other_browser)


def test_signing_in_again_as_the_same_person_changes_the_key_and_ends_the_old_one(browser, other_browser, ada):
    give_password(browser)
    before = browser.cookies[SESSION].value
    other_browser.cookies[SESSION] = before

    give_password(browser)

    assert browser.cookies[SESSION].value != before
    assert is_inside(browser)
    assert not is_inside(other_browser)


def test_a_session_from_before_the_sign_in_cannot_be_fixed_on_somebody(browser, other_browser, ada):
    """Whoever planted a key in the browser holds nothing after either step."""
    device = make.authenticator(ada)
    give_password(other_browser, password="wrong")
    planted = other_browser.cookies[SESSION].value
    browser.cookies[SESSION] = planted

    give_password(browser)
    assert browser.cookies[SESSION].value != planted
    other_browser.cookies[SESSION] = planted
    assert other_browser.get(CODE).url.startswith(SIGN_IN)

    waiting = browser.cookies[SESSION].value
    give_code(browser, make.code(device))
    assert is_inside(browser)
    other_browser.cookies[SESSION] = waiting
    assert not is_inside(other_browser)


@pytest.mark.parametrize("method", ["TRACE", "TRACK", "CONNECT", "PROPFIND", "BREW"])
def test_no_view_sees_an_odd_method(browser, ada, method):
    give_password(browser)
    for path in (SIGN_IN, CODE, OWN_ACCOUNT, "/", "/health/", "/nowhere/"):
        assert browser.generic(method, path).status_code == 405


def test_a_recovery_code_is_accepted_by_one_of_two_requests_that_overlap(browser, other_browser, ada, monkeypatch):
    make.authenticator(ada)
    code, spend, answers = recovery_codes.renew(user=ada, at=make.AT)[0], recovery_codes.spend, []
    give_password(browser)
    give_password(other_browser)

    def spend_after_the_other_request(**given):
        monkeypatch.setattr(recovery_codes, "spend", spend)
        answers.append(give_code(other_browser, code).status_code)
        return spend(**given)

    monkeypatch.setattr(recovery_codes, "spend", spend_after_the_other_request)
    answers.append(give_code(browser, code).status_code)

    assert answers == [302, 200]
    assert actions().count("recovery_code.used") == 1
