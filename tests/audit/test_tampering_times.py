"""Times that the owner of the database moved are found, and entries that bear quite other times are told of."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from audit import placing
from audit.models import Checkpoint, Leaf
from audit.verifying import times
from audit.verifying.check import Verification, begin
from security.ids import uuid7
from tests.audit import make
from tests.audit.tampering import everything_found, findings, leaf, named, row, says

pytestmark = pytest.mark.django_db
on_sqlite = pytest.mark.skipif("connection.vendor != 'sqlite'", reason="only SQLite keeps text that is none")
SECOND, HOUR, DAY = timedelta(seconds=1), timedelta(hours=1), timedelta(days=1)
FIRST = make.NOON
"""When the first six entries were sealed and signed; the others an hour and two hours later."""


@pytest.fixture
def hourly(entries, parcel_sent, sealed_log):
    """Eight entries, of which the last two were sealed an hour and two hours after the others."""
    made = list(entries)
    for hours in (1, 2):
        parcel = make.Parcel(entries[0].company_id)
        made.append(make.recorded(parcel_sent, parcel, at=FIRST + hours * HOUR, place="Kiel"))
        sealed_log(FIRST + hours * HOUR)
    return made


def moved(entry, at):
    return lambda: leaf(entry).update(sealed_at=at)


@pytest.mark.parametrize(
    ("place", "at"),
    [
        (0, FIRST + SECOND),
        (6, FIRST - timedelta(microseconds=1)),
        (6, FIRST + HOUR + SECOND),
        (7, FIRST + HOUR - timedelta(microseconds=1)),
        (7, FIRST + 400 * DAY),
        (7, FIRST - 400 * DAY),
    ],
    ids=["first late", "second early", "second late", "third early", "third much later", "third much earlier"],
)
def test_a_moved_time_of_sealing_is_found(hourly, owner, place, at):
    owner(moved(hourly[place], at))

    [found] = findings()
    assert (found.what, found.is_warning) == ("sealed_at_changed", False)
    assert says(found, hourly[place], index=place, number={0: 1, 6: 4, 7: 5}[place])


def test_the_finding_says_between_which_signed_times_it_was_sealed(hourly, owner):
    owner(moved(hourly[6], FIRST + 3 * HOUR))

    [found] = findings()
    assert found.sentence == (
        "The time at which an entry was sealed was changed: by the checkpoints that were signed around it that was "
        "not before 2026-03-12T12:00:00Z and not after 2026-03-12T13:00:00Z."
    )


@pytest.mark.parametrize(
    ("place", "at"),
    [
        (6, FIRST),
        (6, FIRST + HOUR + timedelta(microseconds=999_999)),
        (7, FIRST + HOUR),
        (7, FIRST + 2 * HOUR),
    ],
    ids=["from", "up to", "from then", "up to then"],
)
def test_what_the_signed_times_allow_is_no_finding(hourly, owner, place, at):
    owner(moved(hourly[place], at))

    assert findings() == []


def test_many_moved_times_are_one_finding_for_each_company(hourly, owner):
    owner(lambda: Leaf.objects.update(sealed_at=FIRST + 400 * DAY))

    assert [(one.what, one.index) for one in findings()] == [("sealed_at_changed", index) for index in (0, 1, 2)]
    assert findings()[0].sentence.startswith("The times at which 5 entries were sealed were changed, this one's first")


def test_a_place_that_no_checkpoint_covers_is_not_earlier_than_the_last(hourly, owner, parcel_sent):
    make.recorded(parcel_sent, make.Parcel(uuid7()), at=FIRST + 2 * HOUR, place="Rome")
    placing.place_waiting(FIRST + 2 * HOUR)
    assert findings() == []

    owner(lambda: Leaf.objects.filter(index=8).update(sealed_at=FIRST))
    assert named(findings()) == {("sealed_at_changed", 8)}


@on_sqlite
@pytest.mark.parametrize("value", ["'yesterday'", "x'00'", "7", "'2026-03-12T12:00:00.000'"])
def test_a_time_of_sealing_that_is_none_is_found(hourly, owner, value):
    def change():
        with connection.cursor() as cursor:
            cursor.execute(f'UPDATE audit_leaf SET sealed_at = {value} WHERE "index" = 0')

    owner(change)

    assert ("sealed_at_changed", 0) in named(findings())


def test_since_a_checkpoint_its_own_time_bounds_what_came_after(hourly, owner):
    kept = Checkpoint.objects.get(size=7).note
    owner(moved(hourly[7], FIRST + HOUR - SECOND))
    assert named(findings(since=kept)) == {("sealed_at_changed", 7)}

    owner(moved(hourly[6], FIRST - DAY))
    assert named(findings(since=kept)) == {("sealed_at_changed", 7)}
    assert named(findings()) == {("sealed_at_changed", 6)}


def test_an_hourly_checkpoint_without_new_entries_bounds_what_comes_next(entries, owner, parcel_sent, sealed_log):
    for hours in (1, 2):
        sealed_log(FIRST + hours * HOUR)
    last = make.recorded(parcel_sent, make.Parcel(entries[0].company_id), at=FIRST + 2 * HOUR, place="Kiel")
    sealed_log(FIRST + 2 * HOUR + 10 * SECOND)
    assert findings() == []

    owner(moved(last, FIRST + HOUR))
    assert named(findings()) == {("sealed_at_changed", 6)}


@pytest.mark.parametrize(("checkpoints", "places"), [(1, 100_000), (2, 100_000), (500, 1), (500, 7)])
def test_the_times_are_checked_piece_by_piece(hourly, owner, monkeypatch, checkpoints, places):
    monkeypatch.setattr(times, "PIECE", checkpoints)
    monkeypatch.setattr(times, "PLACES", places)
    assert findings() == []

    owner(moved(hourly[7], FIRST))
    assert named(findings()) == {("sealed_at_changed", 7)}


def dated():
    return [one for one in everything_found() if one.what == "entry_dated"]


def written(kind, company, at, **details):
    return make.recorded(kind, make.Parcel(company), at=at, **details)


@pytest.mark.parametrize(
    ("apart", "told"),
    [
        (-DAY, ""),
        (-DAY - SECOND, "1 entry bears an earlier time than it was sealed at, by up to 24 hours"),
        (-400 * DAY, "1 entry bears an earlier time than it was sealed at, by up to 400 days"),
        (60 * SECOND, ""),
        (61 * SECOND, "1 entry bears a later time than it was sealed at, by up to 61 seconds"),
        (9000 * DAY, "1 entry bears a later time than it was sealed at, by up to 9,000 days"),
    ],
    ids=["a day", "over a day", "400 days", "a minute ahead", "over a minute ahead", "9000 days ahead"],
)
def test_an_entry_that_bears_quite_another_time_is_told_of(entries, parcel_sent, sealed_log, apart, told):
    entry = written(parcel_sent, entries[0].company_id, FIRST + 9 * HOUR + apart, place="Rome")
    sealed_log(FIRST + 9 * HOUR)

    found = dated()
    assert [one.sentence.partition(".")[0] for one in found] == ([told] if told else [])
    assert all(one.is_warning and says(one, entry, index=6, number=4) for one in found)
    assert findings() == []


@pytest.mark.parametrize(("checkpoints", "places"), [(500, 100_000), (1, 1)], ids=["at once", "in pieces"])
def test_such_entries_are_one_warning_for_each_log_of_a_company(
    entries, parcel_sent, door_opened, sealed_log, monkeypatch, checkpoints, places
):
    monkeypatch.setattr(times, "PIECE", checkpoints)
    monkeypatch.setattr(times, "PLACES", places)
    ours, theirs = entries[0].company_id, entries[1].company_id
    made = []
    for hours, days in ((1, -3), (2, -10), (3, 2)):
        made.append(written(parcel_sent, ours, FIRST + days * DAY, place="Rome"))
        made.append(written(door_opened, theirs, FIRST - 2 * DAY))
        sealed_log(FIRST + hours * HOUR)

    first, second = dated()
    assert says(first, made[0], index=6, number=4)
    assert first.sentence.startswith(
        "2 entries bear an earlier time than they were sealed at, by up to 10 days, and 1 entry bears a later time "
        "than it was sealed at, by up to 45 hours. The first is number 4, the last number 6."
    )
    assert says(second, made[1], index=7, number=2)
    assert second.sentence.startswith("3 entries bear an earlier time")


def test_a_check_of_times_goes_on_from_plain_values(hourly, parcel_sent, owner, monkeypatch, sealed_log):
    monkeypatch.setattr(times, "PIECE", 1)
    written(parcel_sent, hourly[0].company_id, datetime(2020, 1, 1, tzinfo=UTC), place="Rome")
    sealed_log(FIRST + 3 * HOUR)
    owner(moved(hourly[7], FIRST))
    owner(lambda: row(hourly[0]).update(at=FIRST - 7 * DAY))

    state, found = begin(), []
    while state["stage"] != "done":
        verification = Verification(json.loads(json.dumps(state)))
        found += verification.go_on()
        state = verification.state

    assert named(found) == {("entry_changed", 0), ("sealed_at_changed", 7), ("entry_dated", 0)}
