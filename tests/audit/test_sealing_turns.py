"""The turns of the sealer: what one takes, when the next begins, and what a wrong clock does to them."""

import threading
from datetime import timedelta

import pytest

from audit import placing, sealer, sealing
from audit.models import BillingEvent, Leaf, Waiting
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
