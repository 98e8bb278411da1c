"""Changing the address one signs in with: both agree, in any order, each once, and nobody else learns a thing."""

import datetime

import pytest
import time_machine
from django.contrib.messages import get_messages
from django.urls import reverse
from django.utils import timezone

from accounts.actions import email_changes
from accounts.errors import EmailAlreadyUsed, EmailNotChanged
from accounts.models import EmailChange, Letter, MailedLink, Session, User
from audit.actors import Actor
from audit.models import SecurityEvent
from tests import visitors
from tests.accounts.letter_box import delivered, html, path, text
from tests.together import together
from tests.visitors import Browser

AT = datetime.datetime(2026, 3, 16, 9, 0, tzinfo=datetime.UTC)
DAY = datetime.timedelta(days=1)
BY = Actor.operator("tests")
NEW = "new@ledger.example"
Purpose = MailedLink.Purpose
PAGE, CANCEL = "accounts:email_change", "accounts:email_change_cancel"


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(AT, tick=False) as moving:
        yield moving


@pytest.fixture
def membership(company):
    return visitors.member(company, name="Ada")


@pytest.fixture
def user(membership):
    return membership.user


@pytest.fixture
def browser(membership):
    return visitors.browser(membership)


@pytest.fixture
def asked(browser):
    """The letters to the old and to the new address."""
    ask(browser)
    old, new = delivered()
    return old, new


def ask(browser, address=NEW):
    return browser.post(reverse(PAGE), {"new_email": address})


def shown(answer):
    return answer.content.decode()


def email_of(user):
    return User.objects.get(pk=user.pk).email


def entries(action):
    return SecurityEvent.objects.filter(action=action)


@pytest.mark.django_db
def test_both_addresses_get_a_letter_of_their_own(browser):
    answer = ask(browser)
    assert [str(one) for one in get_messages(answer.wsgi_request)] == [
        "We sent letters to both addresses. The change counts once both have agreed."
    ]
    old, new = sorted(delivered(), key=lambda letter: letter["To"])
    assert (old["To"], old["Subject"]) == ("ada@ledger.example", "Your address is about to change")
    assert (new["To"], new["Subject"]) == (NEW, "Is this your new address?")
    assert NEW in text(old)
    assert "IP address: 127.0.0.1" in text(old)
    assert path(old) != path(new)


@pytest.mark.django_db
@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_the_address_changes_once_both_have_agreed_in_any_order(asked, user, order):
    first, second = (asked[position] for position in order)
    answer = Browser().post(path(first), {"agree": ""})
    assert (answer.status_code, email_of(user)) == (200, "ada@ledger.example")
    assert "You agreed" in shown(answer)
    answer = Browser().post(path(second), {"agree": ""})
    assert (answer.status_code, email_of(user)) == (200, NEW)
    assert f"From now on {NEW} signs in." in shown(answer)
    entry = entries("user.email_changed").get()
    assert entry.changes == {"email": ["ada@ledger.example", NEW]}


@pytest.mark.django_db
def test_one_address_cannot_agree_for_both(asked, user):
    for letter in asked:
        assert [Browser().post(path(letter)).status_code for _ in range(2)][1] == 404
        assert (email_of(user) == NEW) == (letter is asked[1])


@pytest.mark.django_db
def test_looking_changes_nothing(asked, user):
    before = list(EmailChange.objects.values())
    for letter in asked:
        for _ in range(2):
            answer = Browser().get(path(letter))
            assert (answer.status_code, answer["Referrer-Policy"]) == (200, "strict-origin")
    assert list(EmailChange.objects.values()) == before
    assert not MailedLink.objects.filter(used_at__isnull=False).exists()


@pytest.mark.django_db
def test_a_change_ends_every_session_and_what_was_mailed_to_the_old_address(asked, browser, user, membership):
    other = visitors.browser(membership)
    reset = MailedLink.objects.create(
        user=user, purpose=Purpose.RESET_PASSWORD, created_at=AT, expires_at=AT + DAY, token_hash="x"
    )
    browser.post(path(asked[0]))
    assert browser.post(path(asked[1])).status_code == 200
    assert not Session.objects.filter(user=user).exists()
    assert [one.get(reverse("accounts:security")).status_code for one in (browser, other)] == [302, 302]
    user.refresh_from_db()
    assert user.session_epoch == 1
    reset.refresh_from_db()
    assert reset.used_at == AT


@pytest.mark.django_db
def test_the_old_address_is_told_with_a_way_back_and_the_new_one_without(asked, user):
    for letter in asked:
        Browser().post(path(letter))
    old, new = delivered()
    assert (old["To"], old["Subject"]) == ("ada@ledger.example", "Your address was changed")
    assert (new["To"], new["Subject"]) == (NEW, "You sign in with this address now")
    assert "/account/" not in text(new) + html(new)
    assert Browser().post(path(old)).status_code == 200
    user.refresh_from_db()
    assert (user.email, user.locked_at) == ("ada@ledger.example", AT)


@pytest.mark.django_db
def test_the_old_address_can_stop_it_and_then_neither_agrees(asked, user):
    assert "Stop the change" in shown(Browser().get(path(asked[0])))
    answer = Browser().post(path(asked[0]), {"stop": ""})
    assert "The change is stopped" in shown(answer)
    assert [Browser().post(path(letter)).status_code for letter in asked] == [404, 404]
    assert email_of(user) == "ada@ledger.example"
    assert entries("email_change.stopped").get().outcome == "success"


@pytest.mark.django_db
def test_the_new_address_cannot_stop_it_by_asking_for_what_is_not_offered(asked):
    assert "Stop the change" not in shown(Browser().get(path(asked[1])))
    assert "You agreed" in shown(Browser().post(path(asked[1]), {"stop": ""}))


@pytest.mark.django_db
def test_after_a_day_it_has_run_out_and_another_can_be_asked_for(asked, membership, clock):
    clock.move_to(AT + DAY)
    assert [Browser().post(path(letter)).status_code for letter in asked] == [404, 404]
    browser = visitors.browser(membership)
    assert "A change is under way" not in shown(browser.get(reverse(PAGE)))
    assert ask(browser, "other@ledger.example").status_code == 302
    assert EmailChange.objects.filter(ended_at__isnull=True).get().new_email == "other@ledger.example"


@pytest.mark.django_db
def test_the_settings_show_what_is_under_way_and_stop_it(asked, browser, user):
    Browser().post(path(asked[0]))
    page = shown(browser.get(reverse(PAGE)))
    assert "A change is under way" in page
    assert NEW in page
    assert ("has agreed" in page, "has a letter to answer" in page) == (True, True)
    assert browser.get(reverse(CANCEL)).status_code == 405
    browser.post(reverse(CANCEL))
    assert Browser().post(path(asked[1])).status_code == 404
    assert "A change is under way" not in shown(browser.get(reverse(PAGE)))


@pytest.mark.django_db
def test_nothing_under_way_is_nothing_to_stop(browser):
    answer = browser.post(reverse(CANCEL), follow=True)
    assert "No change of your address is under way any more." in shown(answer)


@pytest.mark.django_db
def test_a_second_change_has_to_wait_for_the_first(asked, browser):
    answer = ask(browser, "other@ledger.example")
    assert "A change to new@ledger.example is under way. Stop it before you ask for another." in shown(answer)
    assert delivered() == []


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("address", "refusal"),
    [
        ("", "Enter the address you want to sign in with."),
        ("not an address", "Enter a valid email address."),
        ("a@b.example\nBcc: all@ledger.example", "Enter a valid email address."),
        ("x" * 250 + "@b.example", "at most 254"),
        ("ADA@ledger.example ", "You sign in with this address already."),
    ],
)
def test_what_cannot_be_a_new_address_is_refused_in_a_sentence(browser, address, refusal):
    answer = ask(browser, address)
    assert (answer.status_code, refusal in shown(answer)) == (200, True)
    assert not EmailChange.objects.exists()


@pytest.mark.django_db
def test_somebody_elses_address_gets_the_same_answer_and_only_its_owner_is_told(browser, membership, company):
    visitors.member(company, name="Bo")
    taken, free = ask(browser, "BO@ledger.example"), ask(visitors.browser(visitors.member(company, name="Cy")))
    assert (taken.status_code, taken.url) == (free.status_code, free.url)
    assert [str(one) for one in get_messages(taken.wsgi_request)] == [
        str(one) for one in get_messages(free.wsgi_request)
    ]
    to_ada, to_bo, *_ = delivered()
    assert (to_ada["To"], to_ada["Subject"]) == ("ada@ledger.example", "Your address is about to change")
    assert (to_bo["To"], to_bo["Subject"]) == ("bo@ledger.example", "Somebody tried to use your address")
    assert "Ada" not in text(to_bo)
    assert "/account/" not in text(to_bo) + html(to_bo)
    assert "bo@ledger.example" in shown(browser.get(reverse(PAGE)))
    assert "You agreed" in shown(Browser().post(path(to_ada)))


@pytest.mark.django_db
def test_an_address_taken_meanwhile_is_refused_and_ends_the_change(asked, user):
    Browser().post(path(asked[0]))
    User.objects.create_user(NEW, name="Bo", at=AT)
    answer = Browser().post(path(asked[1]))
    assert answer.status_code == 409
    assert f"{NEW} is the address of another account by now. Nothing was changed" in shown(answer)
    assert email_of(user) == "ada@ledger.example"
    assert EmailChange.objects.get().ended_at == AT
    assert entries("email_change.stopped").get().outcome == "refused"
    assert Browser().post(path(asked[1])).status_code == 404


@pytest.mark.django_db
def test_it_asks_for_a_fresh_factor(browser, user):
    Session.objects.filter(user=user).update(proofs={"password": (timezone.now() - DAY).isoformat()})
    answer = ask(browser)
    assert "Confirm that it is you" in shown(answer)
    assert not EmailChange.objects.exists()


@pytest.mark.django_db
def test_who_asks_too_often_waits(browser):
    for number in range(5):
        ask(browser, f"a{number}@ledger.example")
        browser.post(reverse(CANCEL))
    answer = ask(browser)
    assert (answer.status_code, Letter.objects.count()) == (429, 10)


@pytest.mark.django_db
def test_signed_out_nobody_asks(client):
    assert Browser().get(reverse(PAGE)).status_code == 302
    assert Browser().post(reverse(CANCEL)).status_code == 302


@pytest.mark.django_db
@pytest.mark.parametrize("act", ["start", "agree", "cancel"])
def test_no_change_without_its_entry(asked, user, monkeypatch, act):
    acts = {
        "start": lambda: email_changes.start(user=other(user), new_email="x@ledger.example", by=BY, at=AT),
        "agree": lambda: email_changes.agree(link=MailedLink.objects.get(purpose=Purpose.OLD_EMAIL), by=BY, at=AT),
        "cancel": lambda: email_changes.cancel(user=user, by=BY, at=AT),
    }
    before = list(EmailChange.objects.values()), MailedLink.objects.filter(used_at=None).count()

    def broken(*args, **kwargs):
        raise RuntimeError("no log")

    monkeypatch.setattr(email_changes.log, "record", broken)
    with pytest.raises(RuntimeError, match="no log"):
        acts[act]()
    assert (list(EmailChange.objects.values()), MailedLink.objects.filter(used_at=None).count()) == before


def other(user):
    return visitors.member(user.memberships.get().company, name="Dee").user


@pytest.mark.django_db(transaction=True)
def test_of_changes_asked_for_at_once_one_is_under_way(company, user):
    acts = [
        lambda number=number: email_changes.start(user=user, new_email=f"a{number}@ledger.example", by=BY, at=AT)
        for number in range(4)
    ]
    outcomes = together(company, acts)
    assert sorted(type(one).__name__ for one in outcomes) == ["EmailChange"] + ["EmailNotChanged"] * 3
    assert (EmailChange.objects.count(), Letter.objects.count()) == (1, 2)


@pytest.mark.django_db(transaction=True)
def test_both_agreeing_at_once_change_the_address_once(company, user):
    email_changes.start(user=user, new_email=NEW, by=BY, at=AT)
    acts = [lambda link=link: email_changes.agree(link=link, by=BY, at=AT) for link in MailedLink.objects.all()] * 2
    outcomes = together(company, acts)
    assert sorted(type(one).__name__ for one in outcomes) == ["EmailChange"] * 2 + ["LinkNotLive"] * 2
    assert (email_of(user), entries("user.email_changed").count()) == (NEW, 1)


@pytest.mark.django_db(transaction=True)
def test_of_two_accounts_that_take_one_address_at_once_one_gets_it(company):
    people = [visitors.member(company, name=name).user for name in ("Bo", "Cy")]
    for person in people:
        email_changes.start(user=person, new_email=NEW, by=BY, at=AT)
        old = MailedLink.objects.get(user=person, purpose=Purpose.OLD_EMAIL)
        email_changes.agree(link=old, by=BY, at=AT)
    last = MailedLink.objects.filter(purpose=Purpose.NEW_EMAIL)
    outcomes = together(company, [lambda link=link: email_changes.agree(link=link, by=BY, at=AT) for link in last])
    assert {type(one) for one in outcomes} == {EmailChange, EmailAlreadyUsed}
    assert User.objects.filter(email=NEW).count() == 1
    assert not EmailChange.objects.filter(ended_at__isnull=True).exists()


@pytest.mark.django_db
def test_a_change_to_the_present_address_is_none(user):
    with pytest.raises(EmailNotChanged, match="already"):
        email_changes.start(user=user, new_email=" ADA@ledger.example", by=BY, at=AT)
