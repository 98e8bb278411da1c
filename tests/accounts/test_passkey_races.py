"""Answers at the same instant, in real transactions."""

import pytest

from accounts import passkeys
from accounts.errors import PasskeyRefused
from accounts.models import Passkey
from tests import make, visitors
from tests.together import together

pytestmark = pytest.mark.django_db(transaction=True)


def test_of_twenty_answers_at_once_to_one_state_one_counts():
    company = visitors.company()
    device = make.passkey(visitors.member(company).user)
    offer = passkeys.request_options(passkeys.SIGN_IN)
    answer = device.use(offer.options)

    outcomes = together(
        company, [lambda: passkeys.verify_assertion(passkeys.SIGN_IN, offer.state, answer) for _ in range(20)]
    )

    assert [type(outcome) for outcome in outcomes].count(Passkey) == 1
    assert [type(outcome) for outcome in outcomes].count(PasskeyRefused) == 19


def test_of_answers_of_a_device_and_its_copy_at_once_one_counts():
    company = visitors.company()
    device = make.passkey(visitors.member(company).user)
    device.count = 5
    offers = [passkeys.request_options(passkeys.SIGN_IN) for _ in range(8)]
    answers = [(offer.state, device.use(offer.options)) for offer in offers]

    outcomes = together(
        company,
        [lambda one=one: passkeys.verify_assertion(passkeys.SIGN_IN, *one) for one in answers],
    )

    assert [type(outcome) for outcome in outcomes].count(Passkey) == 1
    assert Passkey.objects.get().sign_count == 5
