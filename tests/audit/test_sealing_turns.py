"""The turns of the sealer: what one takes, when the next begins, and what a wrong clock does to them."""

import threading
from datetime import timedelta

import pytest

from audit import placing, sealer, sealing
from audit.models import BillingEvent, Checkpoint, Leaf, Waiting
from audit.state import trouble
from tests.audit import make
from tests.audit.tampering import everything_found

pytestmark = pytest.mark.django_db
SECOND = timedelta(seconds=1)


def write(parcel_sent, company_id, count=1, at=make.NOON):
    return [make.recorded(parcel_sent, make.Parcel(company_id), place=str(number), at=at) for number in range(count)]


def test_what_is_written_during_a_turn_is_left_for_the_next_one(parcel_sent, company_id, monkeypatch):
    monkeypatch.setattr(placing, "BATCH", 2)
    write(parcel_sent, company_id, 4)
    real, later = placing.next_batch, make.NOON + timedelta(minutes=2)

    def written_meanwhile(after, size):
        if after and Leaf.objects.count() == 2:
            write(parcel_sent, company_id, 2, at=later)
        return real(after, size)

    monkeypatch.setattr(placing, "next_batch", written_meanwhile)
    assert (sealing.turn(make.NOON), Waiting.objects.count()) == (4, 2)
    assert (sealing.turn(later), Waiting.objects.count()) == (2, 0)
    assert everything_found() == []


def test_a_turn_ends_though_more_waits_and_the_next_one_follows_at_once(parcel_sent, company_id, monkeypatch):
    monkeypatch.setattr(placing, "BATCH", 2)
    monkeypatch.setattr("audit.placing.AT_A_TURN", 4)
    monkeypatch.setattr("audit.sealer.AT_A_TURN", 4)
    write(parcel_sent, company_id, 9)
    stopping, paused_at = threading.Event(), []

    def pause(seconds):
        paused_at.append(Leaf.objects.count())
        stopping.set()

    monkeypatch.setattr(stopping, "wait", pause)
    monkeypatch.setattr(sealer, "close_old_connections", lambda: None)
    monkeypatch.setattr(sealer.connection, "close", lambda: None)
    turns, real = [], sealing.turn
    monkeypatch.setattr(sealing, "turn", lambda at: turns.append(real(at)) or turns[-1])
    sealer.seal_until(stopping)

    assert (turns, paused_at) == ([4, 4, 1], [9])


def test_those_that_get_no_place_keep_no_turn_from_those_behind_them(parcel_sent, company_id, monkeypatch, owner):
    monkeypatch.setattr(placing, "BATCH", 2)
    monkeypatch.setattr("audit.placing.AT_A_TURN", 2)
    gone = [one.pk for one in write(parcel_sent, company_id, 4)]
    write(parcel_sent, company_id, 2)
    owner(lambda: BillingEvent._base_manager.filter(pk__in=gone).delete())

    assert sealing.turn(make.NOON) == 2


def test_a_clock_set_back_is_told_of_until_it_has_passed_what_was_signed(parcel_sent, company_id):
    write(parcel_sent, company_id)
    sealing.turn(make.NOON)
    told = []
    for seconds in (-60, -61, -60, 0):
        sealing.turn(make.NOON + seconds * SECOND)
        told.append([(one.kind, one.cause) for one in trouble(make.NOON)])

    assert told == [[], [("sealer_late", "warning")], [], []]


def test_a_clock_set_back_signs_what_is_new_every_five_seconds_and_on_quiet_every_hour(parcel_sent, company_id):
    write(parcel_sent, company_id)
    sealing.turn(make.NOON)
    early = make.NOON - timedelta(days=400)
    for second in range(20):
        write(parcel_sent, company_id)
        sealing.turn(early + second * SECOND)
    assert Checkpoint.objects.count() == 1 + 4

    for minute in range(181):
        sealing.turn(early + timedelta(minutes=minute, seconds=20))
    assert Checkpoint.objects.count() == 1 + 4 + 1 + 3
    assert everything_found() == []


def test_a_clock_set_back_while_nothing_is_new_signs_once_and_then_every_hour(parcel_sent, company_id):
    write(parcel_sent, company_id)
    sealing.turn(make.NOON)
    for minute in range(61):
        sealing.turn(make.NOON - timedelta(days=400) + timedelta(minutes=minute))

    assert Checkpoint.objects.count() == 1 + 2
