"""Where a company demands a passkey of its administrators, having one is not enough: it is used."""

import pytest
from django.urls import reverse

from accounts.models import Company, Passkey, Session
from accounts.models.session import Proof
from audit.models import SecurityEvent
from tests import make, visitors

pytestmark = pytest.mark.django_db
HOME, PAGE = "/", "accounts:security_set_up"


@pytest.fixture
def ada():
    """An administrator with an app, of whom a passkey is demanded at once."""
    member = make.member(user=make.user("ada@example.com"))
    make.authenticator(member.user)
    Company.objects.update(passkey_for_administrators=True, grace_days=0)
    return member


def signed_in_with(member, proof):
    browser = visitors.Browser()
    row = visitors.sign_in(browser, member)
    Session.objects.filter(pk=row.pk).update(
        proofs={Proof.PASSWORD: row.proofs[Proof.PASSWORD], proof: row.seen_at.isoformat()}
    )
    return browser


def test_a_code_does_not_do_for_who_has_a_passkey(ada):
    device = make.passkey(ada.user)
    browser = signed_in_with(ada, Proof.APP)

    assert browser.get("/settings/team/").url.partition("?")[0] == reverse(PAGE)
    page = browser.get(reverse(PAGE))
    assert "Now your passkey" in page.content.decode()

    offer = page.context["passkey"]
    answer = {"passkey": device.use(offer.options), "passkey_state": offer.state}
    assert browser.post(f"{reverse(PAGE)}?next=/settings/team/", answer).url == "/settings/team/"
    assert browser.get("/settings/team/").status_code == 200
    assert SecurityEvent.objects.latest("at", "id").action == "step_up.passed"


def test_a_passkey_of_somebody_else_is_refused_in_a_sentence(ada):
    make.passkey(ada.user)
    theirs = make.passkey(make.user("eve@example.com"))
    browser = signed_in_with(ada, Proof.APP)
    offer = browser.get(reverse(PAGE)).context["passkey"]

    again = browser.post(reverse(PAGE), {"passkey": theirs.use(offer.options), "passkey_state": offer.state})

    assert "was not accepted" in again.content.decode()
    assert browser.get("/settings/team/").status_code == 302


@pytest.mark.parametrize("proof", [Proof.PASSKEY, Proof.RECOVERY])
def test_a_passkey_does_and_a_recovery_code_stands_in(ada, proof):
    make.passkey(ada.user)
    assert signed_in_with(ada, proof).get("/settings/team/").status_code == 200


def test_a_passkey_removed_since_does_no_longer(ada):
    make.passkey(ada.user)
    browser = signed_in_with(ada, Proof.PASSKEY)
    Passkey.objects.all().delete()

    assert browser.get("/settings/team/").status_code == 302
    assert "Set up a passkey" in browser.get(reverse(PAGE)).content.decode()


def test_others_are_not_asked(ada):
    employee = make.member("employee", company=ada.company)
    make.authenticator(employee.user)
    make.passkey(employee.user)

    assert signed_in_with(employee, Proof.APP).get("/invoices/").status_code == 200
