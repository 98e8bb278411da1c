"""Acts that ask again who is there: how fresh is fresh, what counts, and that nothing typed is lost on the way."""

from datetime import timedelta

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone

from accounts.models import EmailChange, Session, User
from accounts.models.session import Proof
from audit.models import SecurityEvent
from tests import make, visitors
from tests.accounts.signing_in import actions
from tests.visitors import Browser

PAGE = "accounts:email_change"
QUESTION = "Confirm that it is you"
MINUTES = 60
pytestmark = pytest.mark.django_db


@pytest.fixture
def ada():
    return make.member(user=make.user("ada@example.com"))


def signed_in(membership, *, ago=0):
    """A browser in which the person showed all they have, some seconds ago."""
    browser = Browser()
    visitors.sign_in(browser, membership, at=timezone.now() - timedelta(seconds=ago))
    return browser


def asks(response):
    return QUESTION in response.content.decode()


def answered(response, **shown):
    """The fields of the page that asks, with what the person shows."""
    form = response.context["form"]
    return (
        dict(response.context["carried"])
        | {"confirm-interrupted": form["interrupted"].value()}
        | {f"confirm-{name}": value for name, value in shown.items()}
    )


@pytest.mark.parametrize(
    ("ago", "asked"), [(0, False), (5 * MINUTES, False), (5 * MINUTES + 1, True), (14 * MINUTES, True)]
)
def test_a_proof_is_fresh_for_five_minutes(ada, ago, asked):
    with time_machine.travel(timezone.now(), tick=False):
        assert asks(signed_in(ada, ago=ago).get(reverse(PAGE))) is asked


def test_a_proof_from_the_future_is_none(ada):
    assert asks(signed_in(ada, ago=-MINUTES).get(reverse(PAGE)))


def test_a_fresh_password_is_not_enough_for_who_has_a_factor(ada):
    make.authenticator(ada.user)
    browser = signed_in(ada)
    row = Session.objects.get()
    row.proofs[Proof.APP] = (timezone.now() - timedelta(minutes=6)).isoformat()
    row.save()

    page = browser.get(reverse(PAGE))

    assert asks(page)
    assert "password" not in page.context["form"].fields
    browser.post(reverse(PAGE), answered(page, password=make.PASSWORD))
    assert asks(browser.get(reverse(PAGE)))


def test_the_password_answers_for_who_has_nothing_else(ada):
    browser = signed_in(ada, ago=6 * MINUTES)
    page = browser.get(reverse(PAGE))

    response = browser.post(reverse(PAGE), answered(page, password=make.PASSWORD))

    assert (response.status_code, response.url) == (302, reverse(PAGE))
    assert not asks(browser.get(reverse(PAGE)))
    assert actions()[-1] == "step_up.passed"
    assert SecurityEvent.objects.latest("at").actor_id == str(ada.user.pk)


def test_a_code_answers_and_what_was_typed_is_carried_through(ada):
    device = make.authenticator(ada.user)
    browser = signed_in(ada, ago=6 * MINUTES)

    page = browser.post(reverse(PAGE), {"new_email": "ada@elsewhere.example"})

    assert asks(page)
    assert not EmailChange.objects.exists()
    browser.post(reverse(PAGE), answered(page, code=make.code(device)))
    assert EmailChange.objects.get().new_email == "ada@elsewhere.example"


def test_a_passkey_answers(ada):
    device = make.passkey(ada.user)
    browser = signed_in(ada, ago=6 * MINUTES)
    page = browser.get(reverse(PAGE))
    offer = page.context["passkey"]

    browser.post(reverse(PAGE), answered(page, state=offer.state, answer=device.use(offer.options)))

    assert not asks(browser.get(reverse(PAGE)))


def test_a_passkey_of_somebody_else_does_not(ada):
    make.passkey(ada.user)
    theirs = make.passkey(make.user("eve@example.com"))
    browser = signed_in(ada, ago=6 * MINUTES)
    page = browser.get(reverse(PAGE))
    offer = page.context["passkey"]

    again = browser.post(reverse(PAGE), answered(page, state=offer.state, answer=theirs.use(offer.options)))

    assert asks(again)
    assert "was not accepted" in again.content.decode()
    assert actions()[-1] == "factor.failed"


@pytest.mark.parametrize(
    "shown", [{}, {"code": "12 34"}, {"code": "abcdef"}, {"code": "٣٣٣٣٣٣"}, {"answer": "{"}, {"answer": "[]"}]
)
def test_nonsense_is_asked_again_and_carries_on_what_was_typed(ada, shown):
    make.authenticator(ada.user)
    browser = signed_in(ada, ago=6 * MINUTES)
    page = browser.post(reverse(PAGE), {"new_email": "ada@elsewhere.example"})

    again = browser.post(reverse(PAGE), answered(page, **shown))

    assert asks(again)
    assert dict(again.context["carried"]) == {"new_email": "ada@elsewhere.example"}
    assert again.context["form"].errors
    assert not EmailChange.objects.exists()


def test_passwords_are_not_carried_through_the_page(ada):
    page = signed_in(ada, ago=6 * MINUTES).post(
        reverse("accounts:security_change_password"),
        {"current": make.PASSWORD, "new": "eleven patient ferries under glass"},
    )

    assert asks(page)
    assert make.PASSWORD not in page.content.decode()
    assert "eleven patient" not in page.content.decode()


def test_the_answer_changes_the_key_of_the_session(ada):
    browser = signed_in(ada, ago=6 * MINUTES)
    page = browser.get(reverse(PAGE))
    thief = Browser()
    thief.cookies.load({"__Host-session": browser.cookies["__Host-session"].value})

    browser.post(reverse(PAGE), answered(page, password=make.PASSWORD))

    assert thief.get(reverse("accounts:security")).status_code == 302
    assert browser.get(reverse("accounts:security")).status_code == 200
    assert Session.objects.filter(user=ada.user).count() == 1


def test_guesses_run_out(ada):
    browser = signed_in(ada, ago=6 * MINUTES)
    page = browser.get(reverse(PAGE))
    statuses = [
        browser.post(reverse(PAGE), answered(page, password="not the password at all")).status_code for _ in range(11)
    ]

    assert statuses == [200] * 10 + [429]
    assert browser.post(reverse(PAGE), answered(page, password=make.PASSWORD)).status_code == 429
    assert User.objects.get(pk=ada.user.pk).email == "ada@example.com"
