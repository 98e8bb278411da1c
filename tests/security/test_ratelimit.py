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
    ratelimit.clear(LIMIT, "ada")

    assert ratelimit.take(LIMIT, "ada", at=AT)


def test_nothing_names_the_account_and_old_counts_go():
    ratelimit.take(LIMIT, "ada@example.com", at=AT)
    ratelimit.take(LIMIT, "bo@example.com", at=AT + timedelta(hours=1))

    assert [len(tally.key) for tally in Tally.objects.all()] == [64]
    assert "ada" not in str(Tally.objects.values_list())
