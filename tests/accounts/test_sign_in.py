import re

import pytest
from django.contrib.auth import hashers
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts import passkeys
from accounts.actions import sign_ins
from accounts.models import Session, User
from audit import log
from audit.models import SecurityEvent
from tests import make
from tests.accounts.signing_in import (
    CODE,
    OWN_ACCOUNT,
    SIGN_IN,
    entries,
    give_code,
    give_password,
    is_inside,
    refusal,
    use_passkey,
)

pytestmark = pytest.mark.django_db

TEAM = "/settings/team/"


@pytest.fixture
def ada():
    return make.member(user=make.user("ada@example.com")).user


@pytest.fixture
def hashed(monkeypatch):
    """What was hashed with the password hasher, one entry each."""
    hasher, times = type(hashers.get_hasher()), []
    encode = hasher.encode
    monkeypatch.setattr(hasher, "encode", lambda *args, **options: times.append(1) or encode(*args, **options))
    return times


def test_the_right_password_signs_in_whoever_has_nothing_else(browser, ada):
    response = give_password(browser, " Ada@Example.com ")

    assert (response.status_code, response.url) == (302, "/")
    assert is_inside(browser)
    entry = SecurityEvent.objects.get(action="user.signed_in")
    assert str(entry) == "Ada Lovelace signed in with a password"
    assert (entry.actor_type, entry.actor_id, entry.ip) == ("member", str(ada.pk), "192.0.2.1")
    assert entry.company_id == ada.memberships.get().company_id
    assert entries() == [
        "Ada Lovelace signed in with a password",
        "Ada Lovelace signed in for the first time in Unknown browser",
    ]


def test_a_session_starts_empty_with_a_new_key(browser, ada):
    session = browser.session
    session["planted"] = "by somebody else"
    session.save()
    browser.cookies["__Host-session"] = session.session_key

    give_password(browser)

    assert browser.session.session_key != session.session_key
    assert "planted" not in browser.session
    assert Session.objects.count() == 1


def test_a_password_waits_for_the_second_step_in_a_session_nobody_else_knows(browser, ada):
    session = browser.session
    session["planted"] = "by somebody else"
    session.save()
    browser.cookies["__Host-session"] = session.session_key

    give_password(browser, password="wrong")

    assert browser.session.session_key != session.session_key
    assert [*browser.session.keys()] == ["pending_sign_in"]
    assert Session.objects.count() == 1


def test_signing_in_again_as_another_person_keeps_nothing(browser, ada):
    make.member(user=make.user("bo@example.com", name="Bo Clerk"))
    give_password(browser)
    before = browser.session.session_key

    give_password(browser, "bo@example.com")

    assert browser.session.session_key != before
    assert "Bo Clerk" in browser.get(OWN_ACCOUNT).content.decode()


REFUSED = {
    "wrong password": ("ada@example.com", "not the password at all"),
    "no account": ("nobody@example.com", make.PASSWORD),
    "deactivated": ("gone@example.com", make.PASSWORD),
    "locked": ("locked@example.com", make.PASSWORD),
    "no usable password": ("unset@example.com", make.PASSWORD),
    "wrong password of one with a second factor": ("two@example.com", "not the password at all"),
    "right password of one with a second factor": ("two@example.com", make.PASSWORD),
}


@pytest.fixture
def refused(ada):
    make.user("gone@example.com", is_active=False)
    make.user("locked@example.com", locked_at=make.AT)
    unset = make.user("unset@example.com")
    unset.set_unusable_password()
    unset.save()
    make.authenticator(make.user("two@example.com"))


def without_what_changes_each_time(page):
    page = re.sub(r'name="(csrfmiddlewaretoken|passkey_state)" value="[^"]*"', "", page)
    page = re.sub(r"&quot;challenge&quot;: &quot;[^&]*&quot;", "", page)
    return re.sub(r'nonce="[^"]*"', "", page)


def told(browser, email, password):
    """All that is told to somebody who gives this password and then a wrong code."""
    first = give_password(browser, email, password)
    page = browser.get(first.url)
    last = give_code(browser, "000000")
    assert not is_inside(browser)
    answers = [first, page, last]
    texts = [without_what_changes_each_time(answer.content.decode()).replace(email, "") for answer in answers]
    return [(answer.status_code, answer.headers.get("Location")) for answer in answers], texts, refusal(last)


@pytest.mark.parametrize("case", REFUSED)
def test_every_refusal_is_the_same(browser, refused, case):
    answers, texts, sentence = told(browser, *REFUSED[case])

    assert answers == [(302, f"{CODE}?next=%2F"), (200, None), (200, None)]
    assert sentence == sign_ins.REFUSAL
    assert texts == told(browser, "nobody.at.all@example.com", "whatever")[1]


def cost(browser, hashed, email, password):
    """Password hashes and queries of the first step and of the second."""
    before = len(hashed)
    costs = []
    for step in (lambda: give_password(browser, email, password), lambda: give_code(browser, "000000")):
        with CaptureQueriesContext(connection) as queries:
            step()
        costs.append(len(real(queries)))
    return (len(hashed) - before, *costs)


def real(queries):
    return [
        query["sql"] for query in queries if not re.match(r"(RELEASE )?SAVEPOINT|ROLLBACK|BEGIN|COMMIT|$", query["sql"])
    ]


@pytest.mark.parametrize("case", REFUSED)
def test_every_refusal_costs_the_same(browser, refused, hashed, case):
    assert cost(browser, hashed, *REFUSED[case]) == cost(browser, hashed, "nobody.at.all@example.com", "whatever")


def test_signing_in_costs_one_password_hash_and_at_most_twelve_queries(browser, ada, hashed):
    costs = []
    for _ in range(2):
        browser.cookies.pop("__Host-session", None)
        with CaptureQueriesContext(connection) as queries:
            assert give_password(browser).status_code == 302
        costs.append(len(real(queries)))

    assert len(hashed) == 2
    assert costs == [12, 11]  # in a browser not seen before, and in one that was


def test_the_password_is_hashed_anew_when_the_hasher_demands_more(browser, ada, settings):
    settings.PASSWORD_HASHERS = [
        "django.contrib.auth.hashers.PBKDF2PasswordHasher",
        "django.contrib.auth.hashers.MD5PasswordHasher",
    ]

    assert give_password(browser).status_code == 302

    ada.refresh_from_db()
    assert ada.password.startswith(f"pbkdf2_sha256${hashers.PBKDF2PasswordHasher.iterations}$")
    assert is_inside(browser)


@pytest.mark.parametrize(
    ("address", "fields"),
    [
        (SIGN_IN, {}),
        (SIGN_IN, {"email": "ada", "password": ""}),
        (SIGN_IN, {"passkey": "x", "passkey_state": "x"}),
        (CODE, {}),
        (CODE, {"code": "000000"}),
        (CODE, {"passkey": "x", "passkey_state": "x"}),
        ("/sign-in/lost-factor/", {}),
        ("/sign-in/forgot/", {"email": "ada@example.com"}),
        ("/sign-in/reset/x/", {"new": "x"}),
        ("/account/not-me/x/", {}),
        ("/account/unlock/x/", {}),
        ("/account/email/x/", {}),
        ("/password-strength/", {"password": "x"}),
        ("/sign-out/", {}),
        ("/settings/security/", {}),
    ],
)
def test_only_a_try_that_is_counted_keeps_a_session(browser, ada, address, fields):
    browser.post(address, fields)

    assert not Session.objects.exists()


def test_a_try_that_is_refused_keeps_no_session(browser, ada):
    for _ in range(11):
        status = give_password(browser, password="wrong").status_code
        browser.cookies.clear()

    assert (status, Session.objects.count()) == (429, 10)


def test_an_account_locked_while_its_passkey_is_judged_stays_closed(browser, ada, monkeypatch):
    judge = passkeys.verify_assertion

    def overtaken(*args):
        passkey = judge(*args)
        User.objects.filter(pk=ada.pk).update(locked_at=make.AT)
        return passkey

    monkeypatch.setattr(passkeys, "verify_assertion", overtaken)

    assert refusal(use_passkey(browser, make.passkey(ada))) == passkeys.REFUSAL
    assert not is_inside(browser)
    assert entries() == ["Somebody not signed in could not sign in with a passkey"]


def test_a_failure_is_logged_as_somebody_unknown(browser, ada):
    give_password(browser, password="wrong")
    give_password(browser, "nobody@example.com", "typed my password here")

    known, unknown = SecurityEvent.objects.order_by("at", "id")
    assert str(known) == "Somebody not signed in could not sign in as Ada Lovelace"
    assert (known.actor_type, known.object_id, known.outcome) == ("visitor", str(ada.pk), "failure")
    assert known.company_id == ada.memberships.get().company_id
    assert str(unknown) == "Somebody not signed in could not sign in as an account that does not exist"
    assert "nobody@example.com" not in str(unknown.__dict__)


def test_a_right_password_alone_does_not_make_anybody_a_member(browser, ada):
    make.authenticator(ada)
    give_password(browser)
    give_code(browser, "000000")

    assert {entry.actor_type for entry in SecurityEvent.objects.all()} == {"visitor"}
    assert entries() == [
        "Somebody not signed in gave the right password of Ada Lovelace and was asked for the second step",
        "Somebody not signed in gave a wrong, used or outdated code for Ada Lovelace",
    ]


@pytest.mark.parametrize(
    ("email", "password"),
    [("", ""), ("a\x00b", "x"), ("x" * 300, "x"), ("ada@example.com", "x" * 10_000)],
)
def test_bad_input_is_answered_with_a_sentence(browser, email, password):
    response = give_password(browser, email, password)

    assert response.status_code == 200
    assert response.context["form"].errors


@pytest.mark.parametrize("email", ["\u202eada@example.com", "ada", "𝔞𝔡𝔞@example.com'--", "ada@example.com\t"])
def test_an_odd_address_is_a_try_like_any_other(browser, email):
    assert give_password(browser, email, "x").url.startswith(CODE)


@pytest.mark.parametrize("cookie", ["", "x", "a" * 8_000, "é\x00", '"; drop', "../../etc"])
@pytest.mark.parametrize("name", ["__Host-device", "__Host-session", "__Host-csrf"])
def test_a_malformed_cookie_is_as_good_as_none(browser, ada, name, cookie):
    browser.cookies[name] = cookie

    assert browser.get(SIGN_IN).status_code == 200
    assert give_password(browser).status_code == 302
    assert is_inside(browser)


@pytest.mark.parametrize(
    ("wanted", "lands"),
    [("/settings/team/", "/settings/team/"), ("https://evil.example/", "/"), ("//evil.example", "/"), ("", "/")],
)
def test_signing_in_leads_on_to_our_own_pages_only(browser, ada, wanted, lands):
    response = browser.post(f"{SIGN_IN}?next={wanted}", {"email": "ada@example.com", "password": make.PASSWORD})

    assert response.url == lands


def test_a_private_page_asks_to_sign_in_first(browser):
    assert browser.get(TEAM).url == f"{SIGN_IN}?next={TEAM}"


def test_whoever_is_signed_in_is_not_asked_again(browser, ada):
    give_password(browser)

    assert browser.get(SIGN_IN).url == "/"
    assert browser.get(CODE).url == "/"


def test_no_sign_in_without_its_entry(browser, ada, monkeypatch):
    monkeypatch.setattr(log, "record", failing)

    with pytest.raises(RuntimeError):
        give_password(browser)
    assert not is_inside(browser)


def failing(*args, **details):
    raise RuntimeError
