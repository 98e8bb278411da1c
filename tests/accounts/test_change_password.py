import itertools
from datetime import timedelta

import pytest
from django.contrib.auth.hashers import MD5PasswordHasher
from django.db import connection
from django.utils import timezone

from accounts.actions import passwords
from accounts.errors import PasswordRefused
from accounts.models import FormerPassword, KnownDevice, Letter, MailedLink, Session, User
from audit import log
from audit.models import SecurityEvent
from tests import make, visitors

pytestmark = pytest.mark.django_db

ADDRESS = "/settings/security/password/"
NEW = "nine patient herons by the weir"
OTHERS = [
    "ten grey kettles on a raft",
    "eleven moss green umbrellas",
    "twelve hollow drums at noon",
    "thirteen tin whistles asleep",
]


@pytest.fixture
def membership():
    return make.member(user=make.user("ada@example.com"))


@pytest.fixture
def ada(browser, membership):
    visitors.sign_in(browser, membership)
    return membership.user


def change(browser, new=NEW, current=make.PASSWORD):
    return browser.post(ADDRESS, {"current": current, "new": new})


def test_the_new_password_counts_and_other_sessions_end(browser, other_browser, membership, ada):
    visitors.sign_in(other_browser, membership)
    key, row = browser.session.session_key, Session.objects.earliest("pk")

    response = change(browser)

    assert response.status_code == 302
    ada.refresh_from_db()
    assert ada.check_password(NEW)
    assert browser.session.session_key != key
    assert [*Session.objects.all()] == [row]
    assert browser.get(ADDRESS).status_code == 200
    assert other_browser.get(ADDRESS).status_code == 302
    [entry] = SecurityEvent.objects.all()
    assert str(entry) == "Ada Lovelace changed the password of Ada Lovelace"
    assert NEW not in str(entry.__dict__)


def test_other_browsers_are_strange_again(browser, ada):
    seen = {"user": ada, "first_seen_at": make.AT, "last_seen_at": make.AT}
    own = KnownDevice.objects.create(token_hash="own", **seen)
    KnownDevice.objects.create(token_hash="other", **seen)
    Session.objects.update(known_device=own)
    change(browser)
    assert [*KnownDevice.objects.all()] == [own]


def test_the_forms_of_before_are_of_no_use_afterwards(membership):
    browser = visitors.Browser(enforce_csrf_checks=True)
    visitors.sign_in(browser, membership)
    token = browser.get(ADDRESS).context["csrf_token"]
    given = {"csrfmiddlewaretoken": str(token), "current": make.PASSWORD, "new": NEW}
    headers = {"Origin": "https://testserver"}
    assert browser.post(ADDRESS, given, headers=headers).status_code == 302

    assert browser.post(ADDRESS, given, headers=headers).status_code == 403


def test_the_person_is_told_by_letter(browser, ada):
    change(browser)

    [letter] = Letter.objects.all()
    assert (letter.kind, letter.recipient, letter.link.purpose) == ("password_changed", "ada@example.com", "not_me")


def test_a_second_factor_stays_as_it_is(browser, membership):
    make.authenticator(membership.user)
    visitors.sign_in(browser, membership)

    change(browser)

    assert membership.user.totp_devices.get().confirmed
    assert browser.get(ADDRESS).status_code == 200


def test_links_for_a_reset_that_were_mailed_before_end(browser, ada):
    passwords.ask_for_reset(email=ada.email, by=make.BY, at=timezone.now())

    change(browser)

    assert MailedLink.objects.get(purpose="reset_password").used_at


@pytest.mark.parametrize(
    ("current", "new", "field", "complaint"),
    [
        ("wrong", NEW, "current", "not your current password"),
        ("", NEW, "current", "Enter your current password"),
        (make.PASSWORD, "", "new", "Enter the password you want"),
        (make.PASSWORD, "herons", "new", "too short"),
        (make.PASSWORD, "ada lovelace invoice", "new", "mostly your name"),
        (make.PASSWORD, "harbour works 2026", "new", "mostly your name"),
        (make.PASSWORD, "correcthorsebatterystaple", "new", "known from break-ins"),
        (make.PASSWORD, make.PASSWORD, "new", "used this password before"),
    ],
)
def test_a_refusal_is_beside_its_field_and_changes_nothing(browser, ada, current, new, field, complaint):
    response = change(browser, new, current)

    assert [*response.context["form"].errors] == [field]
    assert complaint in str(response.context["form"].errors)
    assert not new or new not in response.content.decode()
    ada.refresh_from_db()
    assert ada.check_password(make.PASSWORD)
    assert not FormerPassword.objects.exists()


def test_none_of_the_last_four_passwords_comes_back_and_the_fifth_may(browser, ada):
    passwords_of_ada = [make.PASSWORD, NEW, *OTHERS]
    for current, new in itertools.pairwise(passwords_of_ada[:4]):
        assert change(browser, new, current).status_code == 302

    for former in passwords_of_ada[:4]:
        response = change(browser, former, passwords_of_ada[3])
        assert "used this password before" in str(response.context["form"].errors)
    assert change(browser, passwords_of_ada[4], passwords_of_ada[3]).status_code == 302
    assert change(browser, make.PASSWORD, passwords_of_ada[4]).status_code == 302
    assert FormerPassword.objects.filter(user=ada).count() == 3


def test_a_password_that_breaks_a_rule_costs_no_hash_but_the_current_one(browser, ada, monkeypatch):
    hashes = count_hashes(monkeypatch)

    change(browser, "herons")

    assert len(hashes) == 1


def test_spaces_around_a_password_belong_to_it(browser, ada):
    change(browser, f"  {NEW} ")

    ada.refresh_from_db()
    assert ada.check_password(f"  {NEW} ")


def test_managers_and_hands_may_paste_a_password_and_learn_the_rules(browser, ada):
    page = browser.get(ADDRESS).content.decode()

    [field] = [line for line in page.splitlines() if 'name="new"' in line]
    assert 'autocomplete="new-password"' in field
    assert 'passwordrules="minlength: 15; maxlength: 256;"' in field
    assert 'data-strength-url="/password-strength/"' in field
    assert "maxlength=" not in field.replace("passwordrules=", "")


def test_a_change_asks_for_a_fresh_proof_first(browser, membership):
    visitors.sign_in(browser, membership, at=timezone.now() - timedelta(minutes=6))

    response = change(browser)

    assert "Confirm that it is you" in response.content.decode()
    membership.user.refresh_from_db()
    assert membership.user.check_password(make.PASSWORD)


def test_a_password_changed_meanwhile_is_not_changed_again(ada, monkeypatch):
    keep, accept = Session.objects.get(), passwords.new_passwords.accept

    def overtaken(*args, **details):
        hashed = accept(*args, **details)
        User.objects.filter(pk=ada.pk).update(password="changed elsewhere")
        return hashed

    monkeypatch.setattr(passwords.new_passwords, "accept", overtaken)

    with pytest.raises(PasswordRefused, match="changed a moment ago"):
        passwords.change(user=ada, current=make.PASSWORD, new=NEW, keep=keep, by=make.BY, at=make.AT)


def test_a_wrong_current_password_is_in_the_log_and_of_a_wait_its_beginning(browser, ada):
    for _ in range(13):
        change(browser, current="wrong")

    entries = list(SecurityEvent.objects.order_by("at", "id"))
    assert [entry.action for entry in entries] == ["password.refused"] * 10 + ["tries.refused"]
    assert str(entries[0]) == "Ada Lovelace gave a wrong current password for Ada Lovelace"


def test_guessing_the_current_password_runs_out_of_tries(browser, ada):
    for _ in range(10):
        change(browser, current="wrong")

    assert "Too many tries" in change(browser).content.decode()


def test_no_change_without_its_entry(browser, ada, monkeypatch):
    monkeypatch.setattr(log, "record", failing)

    with pytest.raises(RuntimeError):
        change(browser)
    ada.refresh_from_db()
    assert ada.check_password(make.PASSWORD)
    assert not Letter.objects.exists()


def failing(*args, **details):
    raise RuntimeError


@pytest.mark.django_db(transaction=True)
def test_nobody_waits_while_a_password_is_hashed(browser, ada, monkeypatch):
    FormerPassword.objects.create(user=ada, password=ada.password, replaced_at=make.AT)
    hashes = count_hashes(monkeypatch)

    change(browser)

    assert len(hashes) == 4
    assert not any(hashes)


def count_hashes(monkeypatch):
    """Each password hash made from here on: whether it was made inside a transaction."""
    encode, hashes = MD5PasswordHasher.encode, []

    def watched(*arguments):
        hashes.append(connection.in_atomic_block)
        return encode(*arguments)

    monkeypatch.setattr(MD5PasswordHasher, "encode", watched)
    return hashes
