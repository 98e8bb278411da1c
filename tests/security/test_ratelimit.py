from datetime import timedelta

import pytest

from security import ratelimit
from security.models import Tally
from security.ratelimit import Limit
from tests.make import AT

pytestmark = pytest.mark.django_db

LIMIT = Limit("test", tries=3, period=timedelta(minutes=30))


def test_tries_run_out_and_come_back_a_period_after_the_last():
    last = AT + timedelta(minutes=20)
    assert [ratelimit.take(LIMIT, "ada", at=at) for at in (AT, AT, last)] == [True, True, True]

    assert not ratelimit.take(LIMIT, "ada", at=last)
    assert not ratelimit.take(LIMIT, "ada", at=last + timedelta(minutes=29))
    assert ratelimit.take(LIMIT, "ada", at=last + timedelta(minutes=30))


def test_a_try_during_the_wait_does_not_make_it_longer():
    for _ in range(20):
        ratelimit.take(LIMIT, "ada", at=AT)

    assert ratelimit.take(LIMIT, "ada", at=AT + timedelta(minutes=30))


def test_each_key_has_its_own_tries():
    for _ in range(3):
        ratelimit.take(LIMIT, "ada", "192.0.2.1", at=AT)

    assert ratelimit.take(LIMIT, "ada", "192.0.2.2", at=AT)
    assert ratelimit.take(LIMIT, "ad", "a192.0.2.1", at=AT)
    assert ratelimit.take(Limit("other", 3, LIMIT.period), "ada", "192.0.2.1", at=AT)


def test_success_forgets_the_tries():
    for _ in range(3):
        ratelimit.take(LIMIT, "ada", at=AT)
    ratelimit.clear(LIMIT.of("ada"))

    assert ratelimit.take(LIMIT, "ada", at=AT)


def left():
    return sorted(Tally.objects.values_list("tries_left", flat=True))


def test_one_try_of_each_or_none():
    here, anywhere = LIMIT.of("ada", "here"), Limit("anywhere", 5, LIMIT.period).of("ada")
    for _ in range(3):
        assert ratelimit.take_each([here, anywhere], at=AT) is None
    assert left() == [0, 2]

    assert ratelimit.take_each([here, anywhere], at=AT) == here
    assert left() == [0, 2]


def test_taking_several_costs_one_statement(django_assert_num_queries):
    several = [LIMIT.of("ada", str(number)) for number in range(4)]
    with django_assert_num_queries(3):  # with its savepoint and the release of it
        ratelimit.take_each(several, at=AT)
    with django_assert_num_queries(3):
        ratelimit.clear(*several)
    assert not Tally.objects.exists()


def test_the_first_refusal_of_each_wait_is_told_apart():
    here = LIMIT.of("ada")
    for wait in range(2):
        at = AT + wait * LIMIT.period
        for _ in range(3):
            assert ratelimit.take_each([here], at=at) is None
        assert not ratelimit.is_first_refusal(LIMIT.of("bo"))
        told = []
        for _ in range(3):
            assert ratelimit.take_each([here], at=at) == here
            told.append(ratelimit.is_first_refusal(here))
        assert told == [True, False, False]


def test_a_try_is_given_back_within_its_period():
    here = LIMIT.of("ada")
    for _ in range(3):
        ratelimit.take_each([here], at=AT)
    ratelimit.give_back(here, taken_at=AT)

    assert ratelimit.take(LIMIT, "ada", at=AT)
    assert not ratelimit.take(LIMIT, "ada", at=AT)


def test_a_later_period_gets_nothing_back():
    here, later = LIMIT.of("ada"), AT + LIMIT.period
    ratelimit.take_each([here], at=AT)
    ratelimit.take_each([here], at=later)
    ratelimit.give_back(here, taken_at=AT)

    assert left() == [2]


def test_every_try_about_an_account_can_be_forgotten_at_once():
    for number in range(4):
        ratelimit.take_each([LIMIT.of(f"192.0.2.{number}", account="ada@example.com")], at=AT)
    kept = LIMIT.of("bo", "192.0.2.1", account="bo@example.com")
    ratelimit.take_each([kept, Limit("source", 3, LIMIT.period).of("192.0.2.1")], at=AT)

    ratelimit.forget("ada@example.com")

    assert Tally.objects.count() == 2
    assert Tally.objects.get(key=kept.key)


def test_nothing_names_the_account_and_old_counts_go():
    ratelimit.take_each([LIMIT.of("ophelia@example.com", account="ophelia@example.com")], at=AT)
    ratelimit.take(LIMIT, "bo@example.com", at=AT + timedelta(minutes=1))
    assert [len(tally.key) for tally in Tally.objects.all()] == [64, 64]
    assert "ophelia" not in str(Tally.objects.values_list())

    ratelimit.clear_expired(AT + LIMIT.period)

    assert left() == [2]
