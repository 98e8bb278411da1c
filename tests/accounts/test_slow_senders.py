"""Somebody who begins to send a form and takes their time: what they may do is judged when it has arrived."""

import io

import pytest
from django.contrib.sessions.exceptions import SessionInterrupted
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart
from django.urls import reverse
from django.utils import timezone

from accounts.actions import factors, members
from accounts.models import FactorReset, Passkey, Session, TotpDevice
from tests import make, visitors
from tests.authenticators import Device

pytestmark = pytest.mark.django_db
ADD = "accounts:passkey_add"


class Slow(io.BytesIO):
    """A body before whose first byte something happens."""

    def __init__(self, body, meanwhile):
        super().__init__(body)
        self.meanwhile = meanwhile

    def read(self, *arguments):
        meanwhile, self.meanwhile = self.meanwhile, lambda: None
        meanwhile()
        return super().read(*arguments)


@pytest.fixture
def ada():
    return make.member(user=make.user("ada@example.com"))


def send_slowly(browser, address, fields, meanwhile):
    body = encode_multipart(BOUNDARY, fields)
    sent = {"CONTENT_LENGTH": str(len(body)), "CONTENT_TYPE": MULTIPART_CONTENT, "wsgi.input": Slow(body, meanwhile)}
    return browser.generic("POST", address, b"", content_type=MULTIPART_CONTENT, **sent)


def test_a_session_ended_meanwhile_adds_no_passkey(ada):
    thief, owner, device = visitors.browser(ada), visitors.browser(ada), Device()
    offer = thief.get(reverse(ADD)).context["passkey"]
    fields = {"name": "Mine", "passkey": device.make(offer.options), "passkey_state": offer.state}

    response = send_slowly(thief, reverse(ADD), fields, lambda: owner.post(reverse("accounts:sessions_end_others")))

    assert (response.status_code, response.url.partition("?")[0]) == (302, reverse("accounts:sign_in"))
    assert not Passkey.objects.exists()


def test_a_membership_revoked_meanwhile_agrees_to_nothing(ada):
    lost = make.member(company=ada.company).user
    make.authenticator(lost)
    reset = FactorReset.objects.create(user=lost, company=ada.company, asked_at=timezone.now())
    thief = make.member(company=ada.company)
    browser = visitors.browser(thief)
    address = reverse("accounts:factor_reset_approve", args=[reset.pk])

    def revoke():
        members.revoke(membership=thief, granter=None, by=make.BY, at=timezone.now())

    send_slowly(browser, address, {}, revoke)

    reset.refresh_from_db()
    assert reset.approved_at is None


def test_a_session_ended_at_the_very_last_changes_no_factor(ada):
    """Its request was judged already; the transaction looks once more, with the person's row held."""
    device = make.authenticator(ada.user)
    ended = Session(pk=visitors.sign_in(visitors.Browser(), ada).pk)
    Session.objects.all().delete()

    with pytest.raises(SessionInterrupted):
        factors.remove(user=ada.user, device=device, keep=ended, by=make.BY, at=timezone.now())

    assert TotpDevice.objects.filter(pk=device.pk).exists()
