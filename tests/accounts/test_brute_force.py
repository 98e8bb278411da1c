"""Guessing at passwords and codes, from one place and from many: who has to wait, who does not, and who is told."""

from collections import Counter
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.contrib.auth import hashers
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.actions import proofs, sign_ins, tries
from accounts.errors import AccountsError, TooManyTries
from accounts.models import Letter, MailedLink, User
from accounts.queries.sign_in import NOBODY
from audit.actors import Actor
from audit.models import SecurityEvent
from security import address
from security.models import Tally
from tests import make
from tests.accounts.signing_in import (
    CODE,
    SIGN_IN,
    SOURCE,
    actions,
    give_code,
    give_password,
    is_inside,
    refusal,
    sign_in,
    use_passkey,
)
from tests.queue import work

pytestmark = pytest.mark.django_db

WAIT = "Too many tries. Wait 30 minutes, then try again."


@pytest.fixture
def clock():
    with time_machine.travel(datetime(2026, 3, 12, 12, 0, 10, tzinfo=UTC), tick=False) as clock:
        yield clock


@pytest.fixture
def ada(clock):
    return make.member(user=make.user("ada@example.com")).user


def guess(browser, times=1, **typed):
    """The statuses of so many wrong passwords."""
    return [give_password(browser, **({"password": "wrong"} | typed)).status_code for _ in range(times)]


def count(times=1, *, email="ada@example.com", source=SOURCE):
    """How many of so many tries are let through: counted as the page counts them, without its cost."""
    user, by = User.objects.filter(email=email).first() or NOBODY, replace(Actor.visitor(), ip=source)
    let_through = 0
    for _ in range(times):
        with suppress(TooManyTries):
            tries.take(tries.at_sign_in(email, address.source(source), None), user=user, by=by, at=timezone.now())
            let_through += 1
    return let_through


def count_from_everywhere(times):
    """One try from each of so many addresses."""
    return sum(count(source=f"198.51.100.{number}") for number in range(times))


def count_everybody(times):
    """One try as each of so many people, from one address."""
    return sum(count(email=f"person{number}@example.com") for number in range(times))


def told():
    """The kinds of letters written so far, oldest first."""
    work()
    return [letter.kind for letter in Letter.objects.order_by("queued_at", "pk")]


def test_ten_tries_and_then_half_an_hour(browser, ada, clock):
    assert guess(browser, 10) == [302] * 10

    response = give_password(browser)
    assert (response.status_code, refusal(response)) == (429, WAIT)
    clock.shift(timedelta(minutes=29, seconds=59))
    assert give_password(browser).status_code == 429
    clock.shift(timedelta(seconds=1))
    assert give_password(browser).url == "/"
    assert is_inside(browser)


def test_trying_during_the_wait_does_not_make_it_longer(browser, ada, clock):
    count(30)
    clock.shift(timedelta(minutes=15))
    count(30)
    clock.shift(timedelta(minutes=15))

    assert give_password(browser).status_code == 302


def test_an_account_that_does_not_exist_runs_out_of_tries_too(browser):
    assert guess(browser, 11, email="nobody@example.com") == [302] * 10 + [429]


def test_what_is_refused_is_not_even_hashed(browser, ada, monkeypatch):
    count(10)
    monkeypatch.setattr(type(hashers.get_hasher()), "encode", failing)

    assert guess(browser) == [429]


def test_capitals_do_not_buy_more_tries_and_another_source_is_not_locked_out(browser, ada):
    count(7)
    for name in ["ada", "Ada", "ADA"]:
        assert guess(browser, email=f"{name}@example.com") == [302]
    assert give_password(browser).status_code == 429

    assert give_password(browser, source="192.0.2.9").status_code == 302


def test_the_addresses_of_one_subscriber_are_one_source(browser, ada):
    count(8, source="2001:db8:0:1::1")
    assert [guess(browser, source=f"2001:db8:0:1::{number}") for number in (2, 3, 4)] == [[302], [302], [429]]

    assert give_password(browser, source="2001:db8:0:2::1").status_code == 302


def test_success_forgets_the_failures_before_it(browser, ada):
    for _ in range(3):
        count(9)
        assert give_password(browser).url == "/"
        browser.cookies.clear()


def test_a_guess_is_a_password_and_a_code_together(browser, ada):
    make.authenticator(ada)
    count(8)
    for _ in range(2):
        sign_in(browser, "000000")

    assert give_password(browser).status_code == 429


def test_several_apps_give_no_more_guesses(browser, ada):
    for _ in range(3):
        make.authenticator(ada)
    count(8)
    for _ in range(2):
        assert refusal(sign_in(browser, "000000"))

    assert give_password(browser).status_code == 429


def test_a_finished_second_step_forgets_the_failures_before_it(browser, ada):
    device = make.authenticator(ada)
    count(9)
    assert sign_in(browser, make.code(device)).url == "/"

    assert count(11) == 10


def test_an_account_tried_from_everywhere_runs_out_too(browser, ada, clock):
    assert count_from_everywhere(49) == 49
    assert [guess(browser, source=source) for source in ("192.0.2.8", "192.0.2.9")] == [[302], [429]]

    assert give_password(browser, source="203.0.113.1").status_code == 429
    clock.shift(timedelta(minutes=30))
    assert give_password(browser, source="203.0.113.1").status_code == 302


def test_one_source_cannot_use_up_the_tries_of_all(browser, ada):
    assert count(100) == 10

    assert give_password(browser, source="203.0.113.1").url == "/"


def test_success_elsewhere_gives_strangers_no_new_tries(browser, other_browser, ada):
    count_from_everywhere(49)
    assert give_password(other_browser, source="203.0.113.1").url == "/"

    assert guess(browser, 2, source="203.0.113.2") == [302, 429]


def test_a_source_that_tries_everybody_runs_out(browser, ada, clock):
    assert count_everybody(99) == 99
    assert [guess(browser, email=f"{name}@example.com") for name in ("bo", "cy")] == [[302], [429]]
    assert give_password(browser).status_code == 429
    assert entries_of_waits() == [
        ("Somebody not signed in had to wait 30 minutes after too many tries as several accounts")
    ]
    assert told() == []

    assert give_password(browser, source="192.0.2.9").status_code == 302


def test_many_people_behind_one_address_all_get_in(browser, ada):
    count_everybody(99)
    for number in range(3):
        make.member(user=make.user(f"colleague{number}@example.com"))
        browser.cookies.clear()
        assert give_password(browser, f"colleague{number}@example.com").url == "/"


def test_signing_in_to_ones_own_account_buys_no_guesses_at_others(browser, other_browser, ada):
    make.member(user=make.user("mallory@example.com"))
    count_everybody(97)
    for name in ("bo", "cy"):
        guess(browser, email=f"{name}@example.com")
        other_browser.cookies.clear()
        assert give_password(other_browser, "mallory@example.com").url == "/"

    assert guess(browser, 2, email="ada@example.com") == [302, 429]


def known(browser, code=None):
    answer = give_password(browser) if code is None else sign_in(browser, code)
    assert answer.url == "/"
    browser.cookies.pop("__Host-session")
    return browser


def test_a_known_browser_is_not_locked_out_by_strangers(browser, other_browser, ada):
    known(browser)
    count(20)
    count_from_everywhere(60)
    assert give_password(other_browser, source="203.0.113.1").status_code == 429

    assert give_password(browser).url == "/"


def test_a_known_browser_is_not_locked_out_by_its_own_source(browser, other_browser, ada):
    known(browser)
    count_everybody(101)
    assert give_password(other_browser).status_code == 429

    assert give_password(browser).url == "/"


def test_a_known_browser_has_tries_of_its_own_and_uses_up_nobody_elses(browser, ada, clock):
    known(browser)
    assert guess(browser, 12) == [302] * 10 + [429] * 2

    assert count_from_everywhere(50) == 50
    clock.shift(timedelta(minutes=30))
    assert give_password(browser).url == "/"


def test_a_browser_known_to_one_person_is_a_stranger_to_another(browser, other_browser, ada):
    make.member(user=make.user("mallory@example.com"))
    give_password(browser, "mallory@example.com")
    browser.cookies.pop("__Host-session")

    count(9)
    assert guess(browser, 2) == [302, 429]


def test_a_passkey_is_never_locked_out_nor_counted(browser, ada):
    passkey = make.passkey(ada)
    count(11)
    count_from_everywhere(51)
    for _ in range(11):
        use_passkey(browser, passkey, flags=1)
    tallies = Tally.objects.exclude(account="").count()

    assert use_passkey(browser, passkey).url == "/"
    assert Tally.objects.exclude(account="").count() == tallies


def count_codes(user, times, *, knows=True):
    """How many of so many codes, each with the right password or a wrong one, are looked at."""
    by = Actor.visitor()
    given = {"knows": knows, "user": user, "by": by, "at": timezone.now()}
    return sum(tries.take_code(user.email, None, **given) for _ in range(times))


def test_whoever_has_the_password_runs_out_of_codes_for_a_day_and_is_not_told(browser, other_browser, ada, clock):
    device = make.authenticator(ada)
    known(other_browser, code=make.code(device))
    assert count_codes(ada, 97) == 97
    for _ in range(2):
        assert refusal(sign_in(browser, "000000"))
    assert told() == ["second_step_failed"]
    clock.shift(timedelta(minutes=1))

    answer = sign_in(browser, make.code(device), source="203.0.113.1")

    assert (answer.status_code, refusal(answer)) == (200, sign_ins.REFUSAL)
    assert told() == ["second_step_failed", "wait_inside"]
    assert entries_of_waits() == [
        "Somebody not signed in had to wait 1440 minutes after too many tries as Ada Lovelace"
    ]
    assert sign_in(other_browser, make.code(device)).url == "/"
    clock.shift(timedelta(days=1))
    assert sign_in(browser, make.code(device), source="203.0.113.1").url == "/"


def test_codes_typed_with_a_wrong_password_do_not_use_up_those_of_the_day(browser, ada):
    device = make.authenticator(ada)
    count_codes(ada, 99)
    for _ in range(2):
        sign_in(browser, "000000", password="wrong")
    assert told() == []

    assert sign_in(browser, make.code(device)).url == "/"


def test_no_mailed_link_gives_the_codes_of_the_day_back(ada):
    assert count_codes(ada, 101) == 100

    tries.forget_tries(ada)

    assert count_codes(ada, 1) == 0


def test_the_end_of_the_codes_costs_the_same_whether_the_password_was_right(browser, ada):
    make.authenticator(ada)
    count_codes(ada, 100)
    count_codes(ada, 100, knows=False)
    costs = []
    for password in (make.PASSWORD, "wrong"):
        give_password(browser, password=password)
        costs.append(queries_of(lambda: give_code(browser, "000000")))

    assert costs[0] == costs[1]
    assert len(entries_of_waits()) == 2
    assert sorted(told()) == ["second_step_failed", "wait_inside"]


def queries_of(act):
    with CaptureQueriesContext(connection) as queries:
        act()
    return len(queries)


def entries_of_waits():
    return [str(entry) for entry in SecurityEvent.objects.filter(action="tries.refused")]


def test_the_first_refusal_of_a_wait_is_logged_and_the_owner_told_once(browser, ada, clock):
    guess(browser, 15)

    entry = SecurityEvent.objects.get(action="tries.refused")
    assert str(entry) == "Somebody not signed in had to wait 30 minutes after too many tries as Ada Lovelace"
    assert (entry.outcome, entry.ip, entry.company_id) == ("refused", "192.0.2.1", ada.memberships.get().company_id)
    assert not Letter.objects.exists()
    assert told() == ["locked"]
    letter = Letter.objects.get()
    assert (letter.kind, letter.recipient, letter.facts) == ("locked", "ada@example.com", {"ip": "192.0.2.1"})
    assert letter.link.purpose == MailedLink.Purpose.UNLOCK
    assert Counter(actions()) == {"user.sign_in_failed": 10, "tries.refused": 1}

    clock.shift(timedelta(minutes=30))
    count(15)
    assert (len(entries_of_waits()), told()) == (2, ["locked"] * 2)


def test_a_day_has_three_letters_about_waits(ada, clock):
    for _ in range(5):
        count(11)
        tries.forget_tries(ada)
        work()
        clock.shift(tries.WAIT)

    assert told() == ["locked"] * 3
    clock.shift(timedelta(days=1))
    count(11)
    assert told() == ["locked"] * 4


@pytest.mark.parametrize("closed", [{}, {"is_active": False}, {"locked_at": make.AT}])
def test_the_first_refusal_costs_the_same_whether_there_is_an_account(browser, closed):
    make.member(user=make.user("ada@example.com", **closed))
    costs = []
    for email in ("ada@example.com", "nobody@example.com"):
        count(10, email=email)
        costs.append(queries_of(lambda email=email: guess(browser, email=email)))

    assert costs[0] == costs[1]
    assert len(entries_of_waits()) == 2


def test_one_attack_is_one_letter_however_many_sources_it_has(ada):
    for number in range(4):
        count(11, source=f"198.51.100.{number}")
    count_from_everywhere(20)

    assert told() == ["locked"]
    assert len(entries_of_waits()) == 5


@pytest.mark.parametrize("closed", [{"is_active": False}, {"locked_at": make.AT}])
def test_nobody_writes_to_a_closed_account(browser, closed):
    make.user("gone@example.com", **closed)
    count(10, email="gone@example.com")
    assert guess(browser, email="gone@example.com") == [429]

    assert told() == []
    assert len(entries_of_waits()) == 1


def test_no_letter_goes_to_an_address_without_an_account(browser):
    count(10, email="nobody@example.com")
    assert guess(browser, email="nobody@example.com") == [429]

    assert told() == []
    assert entries_of_waits() == [
        "Somebody not signed in had to wait 30 minutes after too many tries as an account that does not exist"
    ]


def test_forgetting_the_tries_ends_every_wait_of_the_account_and_no_other(browser, other_browser, ada):
    make.member(user=make.user("bo@example.com"))
    known(other_browser)
    guess(other_browser, 11)
    count(11)
    count_from_everywhere(60)
    count(11, email="bo@example.com")

    tries.forget_tries(ada)

    assert give_password(other_browser).url == "/"
    assert give_password(browser, source="198.51.100.1").url == "/"
    assert give_password(browser, "bo@example.com").status_code == 429


def test_no_refusal_without_its_entry(browser, ada, monkeypatch):
    count(10)
    monkeypatch.setattr("accounts.actions.tries.log.record", failing)

    with pytest.raises(RuntimeError):
        guess(browser)
    assert told() == []


def in_session(user, number=1):
    return Actor.member(user, session=f"session {number}")


@pytest.mark.parametrize(
    "show",
    [
        lambda user, by: proofs.confirm_code(user=user, code="000000", by=by, at=make.AT),
        lambda user, by: proofs.confirm_code(user=user, code="A" * 16, by=by, at=make.AT),
        lambda user, by: proofs.confirm_password(user=user, password="wrong", by=by, at=make.AT),
        lambda user, by: proofs.confirm_new_app(
            user=user, device=user.totp_devices.get(), code="000000", by=by, at=make.AT
        ),
    ],
)
def test_confirming_something_while_signed_in_runs_out_of_tries_session_by_session(ada, show):
    make.authenticator(ada)
    for _ in range(10):
        with pytest.raises(AccountsError) as refused:
            show(ada, in_session(ada))
        assert not isinstance(refused.value, TooManyTries)

    with pytest.raises(TooManyTries):
        show(ada, in_session(ada))
    with pytest.raises(AccountsError) as refused:
        show(ada, in_session(ada, 2))
    assert not isinstance(refused.value, TooManyTries)
    assert told() == ["wait_inside"]


def test_no_mailed_link_gives_the_confirmations_of_a_session_back(ada):
    counts = tries.in_session(ada, in_session(ada))
    for _ in range(10):
        tries.take(counts, user=ada, by=in_session(ada), at=make.AT)

    tries.forget_tries(ada)

    with pytest.raises(TooManyTries):
        tries.take(counts, user=ada, by=in_session(ada), at=make.AT)


def test_waits_that_any_stranger_causes_keep_no_letter_back_about_one_inside(ada):
    count(11)
    work()
    counts = tries.in_session(ada, in_session(ada))
    for _ in range(11):
        with suppress(TooManyTries):
            tries.take(counts, user=ada, by=in_session(ada), at=make.AT)

    assert sorted(told()) == ["locked", "wait_inside"]


def test_guesses_within_sessions_do_not_stop_anybody_from_signing_in(browser, ada):
    make.authenticator(ada)
    for number in range(60):
        with pytest.raises(AccountsError):
            proofs.confirm_code(user=ada, code="000000", by=in_session(ada, number), at=make.AT)

    assert give_password(browser).status_code == 302


def test_the_owner_is_told_once_a_day_that_somebody_has_the_password_alone(browser, ada, clock):
    make.authenticator(ada)
    for _ in range(3):
        sign_in(browser, "000000")
    assert told() == ["second_step_failed"]
    letter = Letter.objects.get()
    assert (letter.recipient, letter.facts) == ("ada@example.com", {"ip": SOURCE})
    assert letter.link.purpose == MailedLink.Purpose.NOT_ME

    clock.shift(timedelta(days=1))
    tries.forget_tries(ada)
    sign_in(browser, "000000")
    assert told() == ["second_step_failed"] * 2


def test_a_passkey_of_another_tells_the_owner_too(browser, ada):
    make.authenticator(ada)
    give_password(browser)
    use_passkey(browser, make.passkey(make.user("mallory@example.com")), CODE)

    assert told() == ["second_step_failed"]


def test_a_wrong_code_in_a_known_browser_or_after_a_wrong_password_is_no_news(browser, other_browser, ada):
    device = make.authenticator(ada)
    known(other_browser, code=make.code(device))
    sign_in(other_browser, "000000")
    sign_in(browser, "000000", password="wrong")
    sign_in(browser, "000000", email="nobody@example.com")

    assert told() == []


def test_a_second_step_without_a_first_costs_no_try(browser, ada):
    for _ in range(12):
        assert give_code(browser, "000000").url.startswith(SIGN_IN)

    assert not Tally.objects.exists()


def failing(*args, **options):
    raise RuntimeError
