"""Browsers that are known again, and the letter about those that are not."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from accounts.actions import known_devices
from accounts.models import KnownDevice, Letter, MailedLink, Session
from tests import make
from tests.accounts.signing_in import CODE, actions, give_password, is_inside, sign_in, use_passkey

pytestmark = pytest.mark.django_db

COOKIE = "__Host-device"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"


@pytest.fixture
def clock():
    with time_machine.travel(datetime(2026, 3, 12, 12, 0, 10, tzinfo=UTC)) as clock:
        yield clock


@pytest.fixture
def ada(clock):
    return make.member(user=make.user("ada@example.com")).user


def leave(browser):
    """Close the browser: the session's cookie goes, the device's stays."""
    browser.cookies.pop("__Host-session")


def letters():
    return [(letter.kind, letter.recipient) for letter in Letter.objects.order_by("queued_at", "pk")]


def test_a_browser_is_remembered_with_every_protection(browser, ada):
    browser.defaults["HTTP_USER_AGENT"] = FIREFOX
    give_password(browser)

    cookie = browser.cookies[COOKIE]
    assert (cookie["max-age"], cookie["path"], cookie["domain"]) == (400 * 24 * 60 * 60, "/", "")
    assert (cookie["secure"], cookie["httponly"], cookie["samesite"]) == (True, True, "Lax")
    device = KnownDevice.objects.get()
    assert str(device) == "Firefox on Linux"
    assert cookie.value not in str(list(KnownDevice.objects.values()))
    assert Session.objects.get().known_device == device


def test_the_first_browser_of_an_account_is_no_news_and_a_second_one_is(browser, other_browser, ada):
    give_password(browser)
    assert letters() == []

    other_browser.defaults["HTTP_USER_AGENT"] = FIREFOX
    give_password(other_browser)

    letter = Letter.objects.get()
    assert (letter.kind, letter.recipient, letter.facts) == (
        "new_device",
        "ada@example.com",
        {"device": "Firefox on Linux", "ip": "192.0.2.1"},
    )
    assert letter.link.purpose == MailedLink.Purpose.NOT_ME
    assert actions().count("device.added") == 2


def test_a_browser_is_news_after_all_others_were_forgotten(browser, other_browser, ada):
    give_password(browser)
    KnownDevice.objects.all().delete()

    give_password(other_browser)

    assert letters() == [("new_device", "ada@example.com")]


def test_a_known_browser_is_recognised_and_its_token_changes_each_time(browser, ada, clock):
    tokens = set()
    for _ in range(3):
        give_password(browser)
        tokens.add(browser.cookies[COOKIE].value)
        leave(browser)
        clock.shift(timedelta(days=399))

    assert len(tokens) == 3
    device = KnownDevice.objects.get()
    assert device.last_seen_at - device.first_seen_at >= timedelta(days=2 * 399)
    assert letters() == []


def test_an_old_token_is_worth_nothing(browser, other_browser, ada):
    give_password(browser)
    other_browser.cookies[COOKIE] = browser.cookies[COOKIE].value
    leave(browser)
    give_password(browser)

    give_password(other_browser)

    assert [kind for kind, _ in letters()] == ["new_device"]


def test_two_people_at_one_browser_both_stay_known(browser, ada):
    make.member(user=make.user("bo@example.com"))
    for email in ["ada@example.com", "bo@example.com"] * 2:
        give_password(browser, email)
        leave(browser)

    assert KnownDevice.objects.count() == 2
    assert letters() == []


def test_a_browser_known_to_one_person_is_new_to_another(browser, other_browser, ada):
    bo = make.member(user=make.user("bo@example.com")).user
    give_password(other_browser, "bo@example.com")
    give_password(browser)
    leave(browser)

    give_password(browser, "bo@example.com")

    assert letters() == [("new_device", bo.email)]


def test_only_a_full_sign_in_makes_a_browser_known_and_it_replaces_no_factor(browser, ada):
    device = make.authenticator(ada)
    give_password(browser)
    assert COOKIE not in browser.cookies
    sign_in(browser, "000000")
    assert COOKIE not in browser.cookies

    assert sign_in(browser, make.code(device)).status_code == 302
    assert KnownDevice.objects.count() == 1
    leave(browser)
    assert give_password(browser).url.startswith(CODE)
    assert not is_inside(browser)


def test_a_passkey_makes_a_browser_known_too(browser, ada):
    use_passkey(browser, make.passkey(ada))

    assert KnownDevice.objects.get().user == ada


def test_a_person_has_at_most_twenty_browsers_and_the_one_unused_for_longest_is_forgotten(browser, ada, clock):
    for number in range(known_devices.MOST):
        at = make.AT - timedelta(days=number)
        KnownDevice.objects.create(
            user=ada, token_hash=f"{number:064}", browser="Old", system="", first_seen_at=at, last_seen_at=at
        )
    other = make.user("bo@example.com")
    KnownDevice.objects.create(
        user=other, token_hash="b" * 64, browser="", system="", first_seen_at=make.AT, last_seen_at=make.AT
    )

    give_password(browser)

    assert KnownDevice.objects.filter(user=ada).count() == known_devices.MOST
    assert not KnownDevice.objects.filter(token_hash=f"{known_devices.MOST - 1:064}").exists()
    assert KnownDevice.objects.filter(user=other).exists()


def test_a_user_agent_of_a_megabyte_is_a_browser_like_any_other(browser, ada):
    browser.defaults["HTTP_USER_AGENT"] = "x" * 1_000_000

    assert give_password(browser).status_code == 302
    assert str(KnownDevice.objects.get()) == "Unknown browser"


def test_a_sign_in_is_not_remembered_without_its_entry(browser, ada, monkeypatch):
    monkeypatch.setattr("accounts.actions.known_devices.log.record", failing)

    with pytest.raises(RuntimeError):
        give_password(browser)

    assert not KnownDevice.objects.exists()
    assert not is_inside(browser)


def failing(*args, **details):
    raise RuntimeError
