"""Adding, renaming and removing passkeys on the pages of one's own account."""

import re
from datetime import timedelta
from html import unescape

import pytest
import time_machine
from django.db import IntegrityError
from django.urls import reverse
from django.utils import timezone

from accounts import passkeys
from accounts.actions import passkeys as actions
from accounts.errors import PasskeyRefused
from accounts.models import Company, Letter, Passkey, RecoveryCode, Session
from audit.models import SecurityEvent
from tests import make, visitors
from tests.authenticators import PRESENT, Device

pytestmark = pytest.mark.django_db

ADD = "/settings/security/passkeys/add/"
CODE = re.compile(r"\b[A-Z2-7]{4}(?:-[A-Z2-7]{4}){3}\b")


@pytest.fixture
def membership(company):
    return visitors.member(company, "administrator", "Ada")


@pytest.fixture
def ada(membership):
    return membership.user


@pytest.fixture
def browser(membership):
    return visitors.browser(membership)


def offered(page) -> tuple[str, str]:
    """The options and the state that a page carries."""
    text = page.content.decode()
    options = unescape(re.search(r'data-passkey="([^"]*)"', text)[1])
    return options, re.search(r'name="passkey_state" value="([^"]*)"', text)[1]


def add(browser, name="Laptop", device=None, **lies):
    options, state = offered(browser.get(ADD))
    answer = (device or Device()).make(options, **lies)
    return browser.post(ADD, {"name": name, "passkey": answer, "passkey_state": state})


def passkey_of(user, name="Laptop") -> Passkey:
    return Passkey.objects.get(user=user, name=name)


def entries(kind):
    return list(SecurityEvent.objects.filter(action=kind).values_list("actor_label", "outcome", "data"))


def text_of(page) -> str:
    return unescape(page.content.decode())


# The first factor


def test_the_first_passkey_brings_recovery_codes_once_and_ends_other_sessions(browser, ada, membership):
    elsewhere = visitors.browser(membership)

    page = add(browser)

    assert len(CODE.findall(text_of(page))) == 10
    assert RecoveryCode.objects.filter(user=ada).count() == 10
    assert (passkey_of(ada).discoverable, passkey_of(ada).confirmed) == (True, True)
    assert Session.objects.filter(user=ada).count() == 1
    assert elsewhere.get("/settings/security/").status_code == 302
    assert browser.get("/settings/security/").status_code == 200
    assert entries("factor.enrolled") == [("Ada", "success", {"factor": "the passkey “Laptop”"})]
    assert list(Letter.objects.values_list("kind", "recipient", "facts__factor")) == [
        ("factor_added", ada.email, "the passkey “Laptop”")
    ]


def test_adding_a_passkey_renews_the_key_of_the_session(browser):
    before = browser.cookies["__Host-session"].value
    add(browser)
    assert browser.cookies["__Host-session"].value != before
    [row] = Session.objects.filter(user__isnull=False)
    assert set(row.proofs) == {"password", "passkey"}


def test_a_second_passkey_brings_no_codes_and_ends_nothing(browser, ada, membership):
    make.passkey(ada, "Phone")
    browser, elsewhere = visitors.browser(membership), visitors.browser(membership)
    page = add(browser)
    assert page.status_code == 302
    assert elsewhere.get("/settings/security/").status_code == 200
    assert not RecoveryCode.objects.exists()


# Who may


def test_a_password_of_more_than_five_minutes_ago_is_asked_for_again(browser):
    with time_machine.travel(timezone.now() + timedelta(minutes=6)):
        page = browser.get(ADD)
    assert "Confirm that it is you" in text_of(page)
    assert "data-passkey=" not in text_of(page)


def test_where_a_factor_is_set_up_a_fresh_password_does_not_do(membership, ada):
    make.passkey(ada, "Phone")
    browser = visitors.browser(membership)
    row = Session.objects.get(user=ada)
    row.proofs["passkey"] = (timezone.now() - timedelta(minutes=6)).isoformat()
    row.save()
    page = browser.post(ADD, {"name": "Mine", "passkey": "{}", "passkey_state": "x"})
    assert "Confirm that it is you" in text_of(page)
    assert Passkey.objects.count() == 1


@pytest.mark.parametrize("act", ["rename", "remove"])
def test_a_passkey_of_somebody_else_is_not_there(browser, company, act):
    bo = visitors.member(company, "employee", "Bo").user
    make.passkey(bo)
    url = reverse(f"accounts:passkey_{act}", args=[passkey_of(bo).pk])
    answers = [
        browser.get(url),
        browser.post(url, {"name": "Mine"}),
        browser.get(url.replace(f"/{passkey_of(bo).pk}/", "/999999/")),
    ]
    assert [answer.status_code for answer in answers] == [404, 404, 404]
    assert passkey_of(bo).name == "Laptop"


@pytest.mark.parametrize("id", [0, 2**31, 2**63, 2**64, 10**200])
def test_a_number_no_passkey_can_have_is_not_there(browser, id):
    assert browser.get(f"/settings/security/passkeys/{id}/remove/").status_code == 404


def test_nobody_who_is_not_signed_in_gets_there(client):
    for url in (ADD, "/settings/security/passkeys/1/rename/", "/settings/security/passkeys/1/remove/"):
        assert client.get(url, secure=True).status_code == 302


# What is refused


@pytest.mark.parametrize("lie", [{"flags": PRESENT}, {"origin": "https://elsewhere.example"}])
def test_what_is_refused_is_said_and_logged(browser, lie):
    page = add(browser, **lie)
    assert passkeys.NOT_ADDED in text_of(page)
    assert not Passkey.objects.exists()
    assert entries("passkey.not_added") == [("Ada", "refused", {})]
    assert SecurityEvent.objects.get(action="passkey.not_added").reason == passkeys.NOT_ADDED


def test_a_form_without_a_passkey_is_refused(browser):
    for fields in ({}, {"name": "Laptop"}, {"name": "Laptop", "passkey": "x" * 1_000_000, "passkey_state": "y"}):
        assert browser.post(ADD, fields).status_code == 200
    assert not Passkey.objects.exists()


@pytest.mark.parametrize("name", ["", "   ", "laptop", "LAPTOP ", "x" * 61, "a\u202eb"])
def test_a_name_that_does_not_do_is_asked_for_again_and_the_passkey_waits(browser, ada, membership, name):
    make.passkey(ada)
    browser = visitors.browser(membership)
    options, state = offered(browser.get(ADD))
    answer = Device().make(options)

    page = browser.post(ADD, {"name": name, "passkey": answer, "passkey_state": state})

    assert "Name:" in text_of(page)
    assert offered(page)[1] == state
    assert unescape(re.search(r'name="passkey" value="([^"]*)"', page.content.decode())[1]) == answer
    assert browser.post(ADD, {"name": "Phone", "passkey": answer, "passkey_state": state}).status_code == 302


def test_twenty_passkeys_are_enough(membership, ada):
    for number in range(actions.MOST_PASSKEYS):
        make.passkey(ada, f"Device {number}")
    page = add(visitors.browser(membership))
    assert "You have 20 passkeys" in text_of(page)
    assert Passkey.objects.count() == 20


def test_a_passkey_that_two_add_at_once_is_added_once(monkeypatch, ada):
    device = make.passkey(ada)
    passkey = Passkey.objects.get()
    passkey.pk = None
    with pytest.raises(PasskeyRefused, match="in use already"):
        actions._save(passkey)
    assert device.id == bytes(Passkey.objects.get().credential_id)


def test_without_its_entry_there_is_no_passkey(browser, ada, monkeypatch):
    options, state = offered(browser.get(ADD))
    answer = Device().make(options)

    def fails(*_, **__):
        raise IntegrityError

    monkeypatch.setattr("accounts.actions.second_factors.log.record", fails)
    with pytest.raises(IntegrityError):
        browser.post(ADD, {"name": "Laptop", "passkey": answer, "passkey_state": state})
    assert not Passkey.objects.exists()
    assert not RecoveryCode.objects.exists()


# The name


def test_the_name_that_is_offered_is_where_the_person_sits(membership, ada):
    for name in ("Chrome on macOS", "Chrome on macOS 2"):
        browser = visitors.browser(membership)
        Session.objects.filter(user=ada).update(browser="Chrome", system="macOS")
        assert f'value="{name}"' in text_of(browser.get(ADD))
        make.passkey(ada, name.lower())


def test_rename(membership, ada):
    make.passkey(ada)
    make.passkey(ada, "Phone")
    browser, url = visitors.browser(membership), reverse("accounts:passkey_rename", args=[passkey_of(ada).pk])

    assert "already have a passkey called “phone”" in text_of(browser.post(url, {"name": "phone"}))
    assert browser.post(url, {"name": "laptop"}).status_code == 302
    assert browser.post(url, {"name": "Old laptop"}).status_code == 302

    assert sorted(Passkey.objects.values_list("name", flat=True)) == ["Old laptop", "Phone"]
    assert [data for _, _, data in entries("factor.renamed")] == [
        {"factor": "the passkey “Laptop”", "name": "laptop"},
        {"factor": "the passkey “laptop”", "name": "Old laptop"},
    ]


# Removing


def test_remove_one_of_two(membership, ada):
    make.passkey(ada)
    make.passkey(ada, "Phone")
    browser, elsewhere = visitors.browser(membership), visitors.browser(membership)
    url = reverse("accounts:passkey_remove", args=[passkey_of(ada).pk])
    assert "only second factor" not in text_of(browser.get(url))

    assert browser.post(url).status_code == 302

    assert [passkey.name for passkey in Passkey.objects.all()] == ["Phone"]
    assert elsewhere.get("/settings/security/").status_code == 302
    assert browser.get("/settings/security/").status_code == 200
    assert entries("factor.removed") == [("Ada", "success", {"factor": "the passkey “Laptop”"})]
    assert Letter.objects.filter(kind="factor_removed", recipient=ada.email).count() == 1


def test_with_the_last_factor_go_the_recovery_codes(browser, ada):
    add(browser)
    url = reverse("accounts:passkey_remove", args=[passkey_of(ada).pk])
    assert "only second factor" in text_of(browser.get(url))
    browser.post(url)
    assert not RecoveryCode.objects.exists()
    assert browser.get("/settings/security/").status_code == 200


@pytest.mark.parametrize("rule", [{"second_factor": "required"}, {"passkey_for_administrators": True}])
def test_the_last_one_stays_where_the_company_demands_it(membership, ada, company, rule):
    make.passkey(ada)
    Company.objects.update(**rule, policy_since=make.AT)
    browser, url = visitors.browser(membership), reverse("accounts:passkey_remove", args=[passkey_of(ada).pk])
    assert "before you remove this" in text_of(browser.post(url))
    assert Passkey.objects.count() == 1


def test_a_removed_passkey_opens_nothing(membership, ada):
    device = make.passkey(ada)
    visitors.browser(membership).post(reverse("accounts:passkey_remove", args=[passkey_of(ada).pk]))
    offer = passkeys.request_options(passkeys.SIGN_IN)
    with pytest.raises(PasskeyRefused):
        passkeys.verify_assertion(passkeys.SIGN_IN, offer.state, device.use(offer.options))


# Where it is demanded


def test_whoever_lacks_a_demanded_passkey_can_add_it_and_go_on(browser, ada, company):
    Company.objects.update(
        second_factor="required", passkey_for_administrators=True, grace_days=0, policy_since=make.AT
    )
    assert browser.get("/settings/team/").headers["Location"].startswith("/settings/security/set-up/")
    assert len(CODE.findall(text_of(add(browser)))) == 10
    assert browser.get("/settings/team/").status_code == 200
