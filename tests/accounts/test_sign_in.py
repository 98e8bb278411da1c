from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.contrib.auth import hashers

from accounts.actions import sign_ins
from audit import log
from audit.models import SecurityEvent
from tests import make

pytestmark = pytest.mark.django_db

SIGN_IN = "/sign-in/"
OWN_ACCOUNT = "/settings/security/"
TEAM = "/settings/team/"


@pytest.fixture
def ada():
    return make.member(user=make.user("ada@example.com")).user


def try_to_sign_in(browser, email="ada@example.com", password=make.PASSWORD, **data):
    return browser.post(SIGN_IN, {"email": email, "password": password, **data})


def is_signed_in(browser):
    return browser.get(OWN_ACCOUNT).status_code == 200


def entries():
    return [(entry.action, entry.outcome, str(entry)) for entry in SecurityEvent.objects.order_by("at", "id")]


def test_the_right_password_signs_in_and_is_logged(browser, ada):
    response = try_to_sign_in(browser, " Ada@Example.com ")

    assert (response.status_code, response.url) == (302, "/")
    assert is_signed_in(browser)
    [entry] = SecurityEvent.objects.all()
    assert str(entry) == "Ada Lovelace signed in with a password"
    assert (entry.actor_type, entry.actor_id, entry.ip) == ("member", str(ada.pk), "127.0.0.1")
    assert entry.company_id == ada.memberships.get().company_id


def test_a_session_starts_empty_with_a_new_key(browser, ada):
    session = browser.session
    session["planted"] = "by somebody else"
    session.save()
    browser.cookies["__Host-session"] = session.session_key

    try_to_sign_in(browser)

    assert browser.session.session_key != session.session_key
    assert "planted" not in browser.session


def test_signing_in_again_as_another_person_keeps_nothing(browser, ada):
    make.member(user=make.user("bo@example.com", name="Bo Clerk"))
    try_to_sign_in(browser)
    before = browser.session.session_key

    try_to_sign_in(browser, "bo@example.com")

    assert browser.session.session_key != before
    assert "Bo Clerk" in browser.get(OWN_ACCOUNT).content.decode()


@pytest.mark.parametrize("case", ["wrong password", "no account", "deactivated", "no usable password"])
def test_every_refusal_is_the_same(browser, ada, case):
    make.user("gone@example.com", is_active=False)
    locked = make.user("locked@example.com")
    locked.set_unusable_password()
    locked.save()
    typed = {
        "wrong password": ("ada@example.com", "not the password at all"),
        "no account": ("nobody@example.com", make.PASSWORD),
        "deactivated": ("gone@example.com", make.PASSWORD),
        "no usable password": ("locked@example.com", make.PASSWORD),
    }

    response = try_to_sign_in(browser, *typed[case])

    assert response.status_code == 200
    assert list(response.context["form"].errors.items()) == [("__all__", [sign_ins.REFUSAL])]
    assert typed[case][1] not in response.content.decode()
    assert not is_signed_in(browser)
    [(action, outcome, _)] = entries()
    assert (action, outcome) == ("user.sign_in_failed", "failure")


@pytest.mark.parametrize(
    ("email", "password"),
    [
        ("ada@example.com", make.PASSWORD),
        ("ada@example.com", "wrong"),
        ("nobody@example.com", "wrong"),
        ("gone@example.com", make.PASSWORD),
    ],
)
def test_each_try_costs_one_password_hash(browser, ada, monkeypatch, email, password):
    make.user("gone@example.com", is_active=False)
    hasher, hashed = type(hashers.get_hasher()), []
    encode = hasher.encode
    monkeypatch.setattr(hasher, "encode", lambda *args, **options: hashed.append(1) or encode(*args, **options))

    try_to_sign_in(browser, email, password)

    assert len(hashed) == 1


def test_a_failure_is_logged_as_somebody_unknown(browser, ada):
    try_to_sign_in(browser, password="wrong")
    try_to_sign_in(browser, "nobody@example.com", "typed my password here")

    known, unknown = SecurityEvent.objects.order_by("at", "id")
    assert str(known) == "Somebody not signed in could not sign in as Ada Lovelace"
    assert (known.actor_type, known.object_id) == ("visitor", str(ada.pk))
    assert str(unknown) == "Somebody not signed in could not sign in as an account that does not exist"
    assert "nobody@example.com" not in str(unknown.__dict__)


def test_ten_tries_and_then_half_an_hour(browser, ada):
    with time_machine.travel(datetime(2026, 3, 12, 12, 0, tzinfo=UTC), tick=False) as clock:
        for _ in range(10):
            assert try_to_sign_in(browser, password="wrong").status_code == 200

        response = try_to_sign_in(browser)
        assert response.status_code == 429
        assert "Too many tries. Wait 30 minutes, then try again." in response.content.decode()

        clock.shift(timedelta(minutes=29, seconds=59))
        assert try_to_sign_in(browser).status_code == 429
        clock.shift(timedelta(seconds=1))
        assert try_to_sign_in(browser).status_code == 302
    assert Counter(action for action, _, _ in entries()) == {
        "user.sign_in_failed": 10,
        "tries.refused": 1,
        "user.signed_in": 1,
    }


def test_an_account_that_does_not_exist_runs_out_of_tries_too(browser):
    answers = [try_to_sign_in(browser, "nobody@example.com", "wrong").status_code for _ in range(11)]

    assert answers == [200] * 10 + [429]


def test_capitals_do_not_buy_more_tries_and_another_source_is_not_locked_out(browser, ada):
    for name in ["ada", "Ada", "ADA"] * 4:
        try_to_sign_in(browser, f"{name}@example.com", "wrong")
    assert try_to_sign_in(browser).status_code == 429

    assert (
        browser.post(
            SIGN_IN, {"email": "ada@example.com", "password": make.PASSWORD}, REMOTE_ADDR="192.0.2.9"
        ).status_code
        == 302
    )


def test_success_gives_all_tries_back(browser, ada):
    for _ in range(3):
        for _ in range(9):
            try_to_sign_in(browser, password="wrong")
        assert try_to_sign_in(browser).status_code == 302


@pytest.mark.parametrize(
    ("email", "password"),
    [("", ""), ("a\x00b", "x"), ("x" * 300, "x"), ("ada@example.com", "x" * 10_000), ("\u202eada@example.com", "x")],
)
def test_bad_input_is_answered_with_a_sentence(browser, email, password):
    response = try_to_sign_in(browser, email, password)

    assert response.status_code == 200
    assert response.context["form"].errors


@pytest.mark.parametrize(
    ("wanted", "lands"),
    [("/settings/team/", "/settings/team/"), ("https://evil.example/", "/"), ("//evil.example", "/"), ("", "/")],
)
def test_signing_in_leads_on_to_our_own_pages_only(browser, ada, wanted, lands):
    response = browser.post(f"{SIGN_IN}?next={wanted}", {"email": "ada@example.com", "password": make.PASSWORD})

    assert response.url == lands


def test_a_private_page_asks_to_sign_in_first(browser):
    assert browser.get(TEAM).url == f"{SIGN_IN}?next={TEAM}"


def test_signing_out_ends_the_session_and_is_a_post(browser, ada):
    try_to_sign_in(browser)
    assert browser.get("/sign-out/").status_code == 405
    assert is_signed_in(browser)

    assert browser.post("/sign-out/").url == SIGN_IN

    assert not is_signed_in(browser)
    assert entries()[-1][0] == "user.signed_out"


def test_no_sign_in_without_its_entry(browser, ada, monkeypatch):
    monkeypatch.setattr(log, "record", failing)

    with pytest.raises(RuntimeError):
        try_to_sign_in(browser)
    assert not is_signed_in(browser)


def failing(*args, **details):
    raise RuntimeError
