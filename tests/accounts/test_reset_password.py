"""A forgotten password: asked for by anybody, mailed to its owner, replaced once, and nobody is signed in by it."""

import datetime

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.actions import mailed_links, passwords, tries
from accounts.errors import LinkNotLive, TooManyTries
from accounts.models import FactorReset, FormerPassword, KnownDevice, Letter, MailedLink, Session
from audit import log
from audit.actors import Actor
from audit.models import SecurityEvent
from tests import make, visitors
from tests.accounts.letter_box import delivered, path, text
from tests.accounts.signing_in import SOURCE, entries, give_password, is_inside
from tests.together import together
from tests.visitors import Browser

pytestmark = pytest.mark.django_db

AT = datetime.datetime(2026, 3, 16, 9, 0, tzinfo=datetime.UTC)
MINUTE = datetime.timedelta(minutes=1)
FORGOT = "/sign-in/forgot/"
NEW = "nine patient herons by the weir"
Purpose = MailedLink.Purpose


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(AT, tick=False) as moving:
        yield moving


@pytest.fixture
def membership():
    return make.member(user=make.user("ada@example.com"))


@pytest.fixture
def ada(membership):
    return membership.user


def ask(browser, email="ada@example.com", source=SOURCE):
    return browser.post(FORGOT, {"email": email}, REMOTE_ADDR=source)


@pytest.fixture
def mailed(browser, ada):
    """Where the link in Ada's letter leads."""
    ask(browser)
    return path(delivered()[0])


def choose(browser, mailed, new=NEW):
    return browser.post(mailed, {"new": new}, REMOTE_ADDR=SOURCE)


def test_the_link_is_mailed_and_its_new_password_counts(browser, ada):
    ask(browser)

    [letter] = delivered()
    assert letter["To"] == "ada@example.com"
    response = choose(browser, path(letter))
    assert "Your password is changed" in response.content.decode()
    ada.refresh_from_db()
    assert ada.check_password(NEW)
    assert FormerPassword.objects.get().user == ada


def test_every_step_is_in_the_log_and_the_person_is_told(browser, mailed):
    choose(browser, mailed)

    assert sorted(entries()) == [
        "Somebody not signed in asked to reset the password of Ada Lovelace",
        "Somebody not signed in chose a new password for Ada Lovelace by a mailed link",
    ]
    [letter] = delivered()
    assert "The password of your account was changed" in text(letter)
    assert "/account/not-me/" in path(letter)


@pytest.mark.parametrize("unknown", ["nobody@example.com", "ADA@elsewhere.example", "ada@münchen.example"])
def test_no_address_is_told_from_another(ada, unknown):
    answers, work = [], []
    for email in ("ada@example.com", unknown):
        browser = Browser()
        with CaptureQueriesContext(connection) as queries:
            response = ask(browser, email)
        answers.append((response.status_code, response.headers.get("Location"), browser.get(response.url).content))
        work.append([query["sql"].split(" ")[:3] for query in queries.captured_queries])
    known, other = answers

    assert known[:2] == other[:2] == (302, "/sign-in/forgot/?asked")
    assert scrubbed(known[2]) == scrubbed(other[2])
    assert work[0] == work[1]
    assert MailedLink.objects.count() == Letter.objects.count() == 2
    assert [letter["To"] for letter in delivered()] == ["ada@example.com"]


def scrubbed(page):
    """A page without what differs on every request."""
    return b"".join(line for line in page.splitlines() if b"nonce" not in line and b"csrf" not in line)


def test_an_address_without_an_account_is_not_kept(browser):
    ask(browser, "somebody.private@example.com")

    assert Letter.objects.get().recipient == ""
    assert MailedLink.objects.get().user is None
    assert entries() == ["Somebody not signed in asked to reset the password of an account that does not exist"]
    assert "private" not in str([*SecurityEvent.objects.values(), *Letter.objects.values()])


def test_a_closed_account_is_as_good_as_none(browser, ada):
    ada.is_active = False
    ada.save()

    ask(browser)

    assert delivered() == []


@pytest.mark.parametrize("typed", ["", "ada", "ada@", "a" * 250 + "@example.com"])
def test_what_is_no_address_is_said(browser, typed):
    response = ask(browser, typed)

    assert [*response.context["form"].errors] == ["email"]
    assert not MailedLink.objects.exists()


def test_one_source_asks_so_often_and_is_noted_once(browser, ada):
    for number in range(23):
        response = ask(browser, f"person{number}@example.com")

    assert response.status_code == 429
    assert "Too many tries. Wait 30 minutes" in response.content.decode()
    assert MailedLink.objects.count() == 20
    assert sum(entry.action == "tries.refused" for entry in SecurityEvent.objects.all()) == 1
    assert ask(Browser(), source="198.51.100.7").status_code == 302


def test_one_address_gets_so_many_letters_and_the_last_link_lives_as_long_as_the_wait(clock, ada):
    for number in range(6):
        response = ask(Browser(), source=f"192.0.2.{number + 10}")
        assert response.status_code == 302
        clock.shift(MINUTE)

    links = [path(letter) for letter in delivered()]
    assert len(links) == 3
    assert [entry for entry in entries() if "wait" in entry] == [
        "Somebody not signed in had to wait 30 minutes after too many tries as Ada Lovelace"
    ]
    clock.move_to(AT + 2 * MINUTE + datetime.timedelta(minutes=29))
    assert Browser().get(links[-1]).status_code == 200
    clock.shift(MINUTE)
    assert Browser().get(links[-1]).status_code == 404
    ask(Browser())
    assert len(delivered()) == 1


def test_looking_at_the_link_changes_nothing(browser, ada, mailed):
    for _ in range(3):
        response = browser.get(mailed)
        assert response.status_code == 200
        assert "Ada" not in response.content.decode()
        assert "ada@" not in response.content.decode()

    assert MailedLink.objects.get().used_at is None
    assert choose(browser, mailed).status_code == 200


def test_the_address_of_the_link_is_told_to_nobody(browser, mailed):
    for response in (browser.get(mailed), choose(browser, mailed, "short"), choose(browser, mailed)):
        assert response["Referrer-Policy"] == "strict-origin"
        assert response["Cache-Control"] == "no-store"


def test_no_token_is_kept(browser, mailed):
    token = mailed.rstrip("/").rpartition("/")[2]

    assert token not in str([*MailedLink.objects.values(), *Letter.objects.values(), *SecurityEvent.objects.values()])
    assert MailedLink.objects.get().token_hash


@pytest.mark.parametrize("wait", [30 * MINUTE, 60 * MINUTE])
def test_a_link_that_ran_out_while_the_form_was_filled_in_does_nothing(browser, clock, ada, mailed, wait):
    assert browser.get(mailed).status_code == 200
    clock.shift(wait)

    assert_refused(choose(browser, mailed), ada)


def test_a_link_acts_once(browser, ada, mailed):
    choose(browser, mailed)
    ada.refresh_from_db()
    before = ada.password

    response = choose(browser, mailed, "ten grey kettles on a raft")

    assert_refused(response, ada, before)
    assert browser.get(mailed).status_code == 404


def test_links_mailed_before_end_with_the_first_that_is_used(browser, ada):
    for _ in range(2):
        ask(browser)
    first, second = (path(letter) for letter in delivered())

    choose(browser, second)

    assert browser.get(first).status_code == 404


@pytest.mark.parametrize("token", ["x", "A" * 43, "../../", "ada@example.com"])
def test_a_link_that_never_was_looks_like_one_that_was_used(browser, mailed, token):
    choose(browser, mailed)
    used = browser.get(mailed)

    never = browser.get(f"/sign-in/reset/{token}/", follow=True)

    assert never.status_code == used.status_code == 404
    if token not in ("../../",):
        assert scrubbed(never.content) == scrubbed(used.content)


def test_a_link_for_something_else_chooses_no_password(browser, ada):
    link = mailed_links.create(Purpose.NOT_ME, user=ada, at=AT, lasts=MINUTE)
    MailedLink.objects.filter(pk=link.pk).update(token_hash=mailed_links.token_hash("token"))

    assert_refused(choose(browser, "/sign-in/reset/token/"), ada)


def test_a_link_of_nobody_chooses_no_password(browser):
    link = mailed_links.create(Purpose.RESET_PASSWORD, user=None, at=AT, lasts=MINUTE)
    MailedLink.objects.filter(pk=link.pk).update(token_hash=mailed_links.token_hash("token"))

    assert choose(browser, "/sign-in/reset/token/").status_code == 404


@pytest.mark.parametrize(
    ("new", "complaint"),
    [
        ("", "Enter the password you want"),
        ("herons", "too short"),
        ("Ada Lovelace 1815", "mostly your name"),
        ("Harbour Works 1815", "mostly your name"),
        ("correcthorsebatterystaple", "known from break-ins"),
        (make.PASSWORD, "used this password before"),
    ],
)
def test_the_same_rules_hold_and_a_refusal_does_not_use_the_link_up(browser, ada, mailed, new, complaint):
    response = choose(browser, mailed, new)

    assert complaint in str(response.context["form"].errors["new"])
    assert not new or new not in response.content.decode()
    assert "Your password is changed" in choose(browser, mailed).content.decode()


def test_a_reset_signs_nobody_in(browser, ada, mailed):
    choose(browser, mailed)

    assert not is_inside(browser)
    assert not Session.objects.filter(user__isnull=False).exists()


def test_a_reset_ends_every_session_that_of_its_own_browser_too(browser, other_browser, membership, mailed):
    for one in (browser, other_browser):
        visitors.sign_in(one, membership)

    assert choose(browser, mailed).status_code == 200

    assert not Session.objects.exists()
    assert not is_inside(browser)
    assert not is_inside(other_browser)


def test_somebody_else_signed_in_in_that_browser_stays_so(browser, mailed):
    visitors.sign_in(browser, make.member(user=make.user("bo@example.com")))

    choose(browser, mailed)

    assert is_inside(browser)


def test_the_second_factor_stays_and_is_still_asked_for(browser, ada, mailed):
    device = make.authenticator(ada)
    choose(browser, mailed)

    response = give_password(browser, password=NEW)

    assert response.url.startswith("/sign-in/code/")
    assert not is_inside(browser)
    device.refresh_from_db()
    assert device.confirmed


def test_a_half_finished_sign_in_with_the_old_password_is_over(browser, other_browser, ada, mailed):
    device = make.authenticator(ada)
    give_password(other_browser)
    choose(browser, mailed)

    other_browser.post("/sign-in/code/", {"code": make.code(device)}, REMOTE_ADDR=SOURCE)

    assert not is_inside(other_browser)


def test_a_locked_account_opens_again(browser, ada, mailed):
    ada.locked_at = AT
    ada.save()

    choose(browser, mailed)

    give_password(browser, password=NEW)
    assert is_inside(browser)


def test_a_wait_after_too_many_tries_is_over(browser, ada, mailed):
    by = Actor(type="visitor", id="", label="", ip=SOURCE)
    for _ in range(10):
        tries.take(tries.at_sign_in(ada.email, SOURCE, None), user=ada, by=by, at=AT)
    with pytest.raises(TooManyTries):
        tries.take(tries.at_sign_in(ada.email, SOURCE, None), user=ada, by=by, at=AT)

    choose(browser, mailed)

    tries.take(tries.at_sign_in(ada.email, SOURCE, None), user=ada, by=by, at=AT)


def test_browsers_known_before_are_strange_again(browser, ada, mailed):
    KnownDevice.objects.create(user=ada, token_hash="x", first_seen_at=AT, last_seen_at=AT)

    choose(browser, mailed)

    assert not KnownDevice.objects.exists()


def test_a_fresh_start_asked_for_before_is_withdrawn(browser, ada, mailed, membership):
    reset = FactorReset.objects.create(user=ada, company=membership.company, asked_at=AT)
    choose(browser, mailed)
    reset.refresh_from_db()
    assert (reset.ended_at, reset.outcome) == (AT, "cancelled")
    assert "factor_reset.cancelled" in [entry.action for entry in SecurityEvent.objects.all()]


def test_one_address_gets_ten_letters_a_day_whatever_gives_tries_back(clock, ada):
    letters = []
    for number in range(14):
        ask(Browser(), source=f"192.0.2.{number + 10}")
        tries.forget_tries(ada)
        letters += delivered()
        clock.shift(31 * MINUTE)
    assert len(letters) == 10
    assert "Somebody not signed in had to wait 1440 minutes after too many tries as Ada Lovelace" in entries()
    clock.shift(datetime.timedelta(days=1))
    ask(Browser())
    assert len(delivered()) == 1


def test_whoever_tries_passwords_on_a_link_runs_out(browser, ada, mailed):
    for _ in range(20):
        choose(browser, mailed, make.PASSWORD)

    response = choose(browser, mailed)

    assert response.status_code == 429
    ada.refresh_from_db()
    assert ada.check_password(make.PASSWORD)


def test_no_reset_without_its_entry(browser, ada, mailed, monkeypatch):
    monkeypatch.setattr(log, "record", failing)

    with pytest.raises(RuntimeError):
        choose(browser, mailed)
    ada.refresh_from_db()
    assert ada.check_password(make.PASSWORD)
    assert MailedLink.objects.get().used_at is None


def test_nothing_is_asked_without_its_entry(browser, ada, monkeypatch):
    monkeypatch.setattr(log, "record", failing)

    with pytest.raises(RuntimeError):
        ask(browser)
    assert not MailedLink.objects.exists()
    assert not Letter.objects.exists()


def failing(*args, **details):
    raise RuntimeError


@pytest.mark.django_db(transaction=True)
def test_of_two_at_once_one_chooses_the_password(membership):
    link = mailed_links.create(Purpose.RESET_PASSWORD, user=membership.user, at=AT, lasts=30 * MINUTE)
    news = [NEW, "ten grey kettles on a raft"]

    def act(new):
        return lambda: passwords.reset(link=link, new=new, by=Actor.visitor(), at=AT)

    outcomes = together(membership.company, [act(new) for new in news])

    assert sorted(type(outcome) is LinkNotLive for outcome in outcomes) == [False, True]
    assert FormerPassword.objects.count() == 1
    assert SecurityEvent.objects.filter(action="user.password_reset").count() == 1
    chosen = news[isinstance(outcomes[0], LinkNotLive)]
    membership.user.refresh_from_db()
    assert membership.user.check_password(chosen)


def assert_refused(response, user, password=None):
    assert response.status_code == 404
    assert "This link does nothing any more" in response.content.decode()
    before = password or user.password
    user.refresh_from_db()
    assert user.password == before
