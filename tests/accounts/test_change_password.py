import pytest
from django.contrib.auth.hashers import MD5PasswordHasher
from django.db import connection

from accounts.actions import users
from accounts.errors import EmailAlreadyUsed
from accounts.models import User
from audit import log
from audit.models import SecurityEvent
from tests import make

pytestmark = pytest.mark.django_db

ADDRESS = "/settings/security/password/"
NEW = "nine patient herons by the weir"


@pytest.fixture
def ada(browser):
    user = make.member(user=make.user("ada@example.com")).user
    browser.force_login(user)
    return user


def test_the_new_password_counts_and_other_sessions_end(browser, other_browser, ada):
    other_browser.force_login(ada)
    key = browser.session.session_key

    response = browser.post(ADDRESS, {"current": make.PASSWORD, "new": NEW})

    assert response.status_code == 302
    ada.refresh_from_db()
    assert ada.check_password(NEW)
    assert browser.session.session_key != key
    assert browser.get(ADDRESS).status_code == 200
    assert other_browser.get(ADDRESS).status_code == 302
    [entry] = SecurityEvent.objects.all()
    assert str(entry) == "Ada Lovelace changed the password of Ada Lovelace"
    assert NEW not in str(entry.__dict__)


@pytest.mark.parametrize(
    ("current", "new", "field"),
    [("wrong", NEW, "current"), (make.PASSWORD, "herons", "new"), (make.PASSWORD, "ada lovelace invoice", "new")],
)
def test_a_refusal_is_beside_its_field_and_changes_nothing(browser, ada, current, new, field):
    response = browser.post(ADDRESS, {"current": current, "new": new})

    assert [*response.context["form"].errors] == [field]
    assert new not in response.content.decode()
    ada.refresh_from_db()
    assert ada.check_password(make.PASSWORD)


def test_a_wrong_current_password_is_in_the_log_and_of_a_wait_its_beginning(browser, ada):
    for _ in range(13):
        browser.post(ADDRESS, {"current": "wrong", "new": NEW})

    entries = list(SecurityEvent.objects.order_by("at", "id"))
    assert [entry.action for entry in entries] == ["password.refused"] * 10 + ["tries.refused"]
    assert str(entries[0]) == "Ada Lovelace gave a wrong current password for Ada Lovelace"


def test_guessing_the_current_password_runs_out_of_tries(browser, ada):
    for _ in range(10):
        browser.post(ADDRESS, {"current": "wrong", "new": NEW})

    response = browser.post(ADDRESS, {"current": make.PASSWORD, "new": NEW})

    assert "Too many tries" in response.content.decode()


def test_no_change_without_its_entry(browser, ada, monkeypatch):
    monkeypatch.setattr(log, "record", failing)

    with pytest.raises(RuntimeError):
        browser.post(ADDRESS, {"current": make.PASSWORD, "new": NEW})
    ada.refresh_from_db()
    assert ada.check_password(make.PASSWORD)


def failing(*args, **details):
    raise RuntimeError


@pytest.mark.django_db(transaction=True)
def test_nobody_waits_while_a_password_is_hashed(browser, ada, monkeypatch):
    transactions = []
    encode = MD5PasswordHasher.encode

    def watched(*arguments):
        transactions.append(connection.in_atomic_block)
        return encode(*arguments)

    monkeypatch.setattr(MD5PasswordHasher, "encode", watched)
    browser.post(ADDRESS, {"current": make.PASSWORD, "new": NEW})

    assert transactions
    assert not any(transactions)


def test_an_address_gets_one_account():
    users.create(email="Ada@example.com", name="Ada", password=NEW, by=make.BY, at=make.AT)

    with pytest.raises(EmailAlreadyUsed):
        users.create(email="ada@EXAMPLE.com", name="Ada", password=NEW, by=make.BY, at=make.AT)
    assert [str(entry) for entry in SecurityEvent.objects.all()] == ["tests created the account of Ada"]
    assert User.objects.get().email == "ada@example.com"
