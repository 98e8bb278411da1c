"""Links that act once: what each answer tells, and that nothing but the live link of the right letter acts."""

import datetime

import pytest
import time_machine
from django.db import transaction
from django.urls import reverse

from accounts.actions import locking, mailed_links
from accounts.errors import LinkNotLive
from accounts.letters import LINKS
from accounts.models import MailedLink, User
from audit.actors import Actor
from security.redaction import redact
from security.tokens import new_token, token_hash
from tests import visitors
from tests.together import together
from tests.visitors import Browser

AT = datetime.datetime(2026, 3, 16, 9, 0, tzinfo=datetime.UTC)
HOUR = datetime.timedelta(hours=1)
BY = Actor.operator("tests")
Purpose = MailedLink.Purpose
PAGES = {
    "accounts:not_me": Purpose.NOT_ME,
    "accounts:unlock": Purpose.UNLOCK,
    "accounts:email_agree": Purpose.NEW_EMAIL,
    "accounts:reset_password": Purpose.RESET_PASSWORD,
}


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(AT, tick=False) as moving:
        yield moving


@pytest.fixture
def user(company):
    return visitors.member(company, name="Ada").user


def mailed(user, purpose, **fields):
    """A link as it is once its letter has left, and its token."""
    link = mailed_links.create(purpose, user=user, at=AT, lasts=HOUR)
    token = new_token()
    MailedLink.objects.filter(pk=link.pk).update(token_hash=token_hash(token), **fields)
    return link, token


@pytest.mark.django_db
def test_a_live_link_is_found_by_its_token_and_purpose(user):
    link, token = mailed(user, Purpose.UNLOCK)
    assert mailed_links.live(token, Purpose.UNLOCK, AT) == link


@pytest.mark.django_db
@pytest.mark.parametrize("name", PAGES)
def test_a_dead_link_of_any_kind_gets_one_answer(user, name, clock):
    """Never was, not mailed yet, used, expired, meant for something else, of nobody: byte for byte the same."""
    purpose = PAGES[name]
    other = Purpose.UNLOCK if purpose == Purpose.NOT_ME else Purpose.NOT_ME
    mailed_links.create(purpose, user=user, at=AT, lasts=HOUR)
    tokens = [
        new_token(),
        "x",
        "None",
        mailed(user, purpose, used_at=AT)[1],
        mailed(user, purpose, expires_at=AT)[1],
        mailed(user, other)[1],
        mailed(None, purpose)[1],
    ]
    before = list(User.objects.values())
    answers = [
        getattr(Browser(), method)(reverse(name, args=[token])) for token in tokens for method in ("get", "post")
    ]
    assert {answer.status_code for answer in answers} == {404}
    assert len({nonceless(answer) for answer in answers}) == 1
    assert "It was used, is too old, or was mistyped" in answers[0].content.decode()
    assert list(User.objects.values()) == before


def nonceless(answer):
    return answer.content.decode().replace(str(answer.wsgi_request.csp_nonce), "")


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["accounts:not_me", "accounts:unlock"])
def test_looking_at_a_link_changes_nothing_and_its_page_keeps_the_address_to_itself(user, name):
    _, token = mailed(user, PAGES[name])
    before = (list(User.objects.values()), list(MailedLink.objects.values()))
    for method in ("get", "head"):
        answer = getattr(Browser(), method)(reverse(name, args=[token]))
        assert (answer.status_code, answer["Referrer-Policy"]) == (200, "strict-origin")
        assert answer["Cache-Control"] == "no-store"
    assert (list(User.objects.values()), list(MailedLink.objects.values())) == before


@pytest.mark.django_db
def test_the_hash_of_a_token_opens_nothing(user):
    link, _ = mailed(user, Purpose.NOT_ME)
    link.refresh_from_db()
    assert Browser().get(reverse("accounts:not_me", args=[link.token_hash])).status_code == 404


@pytest.mark.parametrize("purpose", Purpose)
def test_no_log_line_holds_the_token_of_a_link(purpose):
    route, _ = LINKS[purpose]
    token = new_token()
    assert token not in redact(f"Not Found: {reverse(route, args=[token])}")


@pytest.mark.django_db
def test_a_link_is_used_once(user):
    link, token = mailed(user, Purpose.UNLOCK)
    mailed_links.use(link, AT)
    with pytest.raises(LinkNotLive):
        mailed_links.use(link, AT)
    with pytest.raises(LinkNotLive):
        mailed_links.live(token, Purpose.UNLOCK, AT)


@pytest.mark.django_db
def test_a_link_that_ran_out_between_page_and_press_is_refused(user):
    link, _ = mailed(user, Purpose.UNLOCK)
    with pytest.raises(LinkNotLive):
        mailed_links.use(link, AT + HOUR)


@pytest.mark.django_db
def test_withdrawing_ends_the_links_of_one_person_and_of_the_named_purposes(user, company):
    other = visitors.member(company, name="Bo").user
    for whose in (user, other):
        for purpose in (Purpose.UNLOCK, Purpose.NOT_ME):
            mailed(whose, purpose)
    mailed_links.withdraw(user, Purpose.UNLOCK, at=AT)
    live = MailedLink.objects.filter(used_at__isnull=True)
    assert sorted((str(one.user), one.purpose) for one in live) == [
        ("Ada", "not_me"),
        ("Bo", "not_me"),
        ("Bo", "unlock"),
    ]


@pytest.mark.django_db(transaction=True)
def test_of_many_at_once_with_one_link_one_acts(company, user):
    link, _ = mailed(user, Purpose.UNLOCK)

    def use():
        with transaction.atomic():
            mailed_links.use(link, AT)

    outcomes = together(company, [use] * 8)
    assert sorted(type(one).__name__ for one in outcomes) == ["LinkNotLive"] * 7 + ["NoneType"]


@pytest.mark.django_db(transaction=True)
def test_of_many_at_once_with_one_not_me_link_one_locks(company, user):
    link, _ = mailed(user, Purpose.NOT_ME)
    outcomes = together(company, [lambda: locking.lock(link=link, by=BY, at=AT)] * 4)
    assert sorted(type(one).__name__ for one in outcomes) == ["LinkNotLive"] * 3 + ["Locked"]
    user.refresh_from_db()
    assert user.session_epoch == 1


@pytest.mark.django_db(transaction=True)
def test_two_links_of_one_person_pressed_at_once_do_not_wait_in_a_circle(company, user):
    links = [mailed(user, Purpose.NOT_ME)[0] for _ in range(4)]
    outcomes = together(company, [lambda link=link: locking.lock(link=link, by=BY, at=AT) for link in links])
    assert {type(one).__name__ for one in outcomes} == {"LinkNotLive", "Locked"}
