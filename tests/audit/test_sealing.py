"""The sealer: places, numbers, cadence, and what keeps it from sealing."""

import errno
from contextlib import contextmanager
from datetime import timedelta
from uuid import UUID

import pytest
from django.db import IntegrityError, connection

from audit import log_keys, merkle, placing, publishing, sealing, tiles, waiting
from audit.errors import CannotSeal
from audit.models import BillingEvent, Check, Checkpoint, Leaf, LogKey, SealerState, SecurityEvent, Waiting
from audit.notes import Checkpoint as Head
from audit.notes import Signer, opened
from audit.state import trouble
from audit.verifying.check import Verification, begin
from security.ids import uuid7
from tests.audit import make
from tests.audit.tampering import findings
from tests.emptying import triggers_resting
from tests.together import together

pytestmark = pytest.mark.django_db
SECOND = timedelta(seconds=1)


def write(parcel_sent, company_id, count=1):
    return [make.recorded(parcel_sent, make.Parcel(company_id), place=str(number)) for number in range(count)]


def sizes():
    return list(Checkpoint.objects.order_by("pk").values_list("size", flat=True))


def problem():
    return SealerState.objects.get().problem


def is_whole():
    """Whether a check of everything finds nothing."""
    verification, found = Verification(begin()), []
    while not verification.is_done:
        found += verification.go_on()
    return found == []


def test_entries_get_their_places_in_the_order_they_were_written(sealed_log, parcel_sent, company_id, settings):
    entries = write(parcel_sent, company_id, 3)

    checkpoint = sealed_log()

    assert list(Leaf.objects.order_by("index").values_list("index", "entry_id")) == [
        (0, entries[0].pk),
        (1, entries[1].pk),
        (2, entries[2].pk),
    ]
    assert not Waiting.objects.exists()
    assert checkpoint.size == 3
    assert (settings.LOG_DIR / "checkpoint").read_text(encoding="utf-8") == checkpoint.note


def test_every_company_counts_its_own_entries(sealed_log, parcel_sent, door_opened, company_id):
    other = uuid7()
    for company in (company_id, other, None, company_id, None):
        make.recorded(door_opened, make.Parcel(company))
    sealed_log()
    make.recorded(parcel_sent, make.Parcel(company_id), place="Riga")
    sealed_log()

    numbers = Leaf.objects.order_by("index").values_list("company_id", "number")
    assert list(numbers) == [(company_id, 1), (other, 1), (None, 1), (company_id, 2), (None, 2), (company_id, 3)]


def test_a_checkpoint_is_what_its_note_says_signed_with_its_time(sealed_log, parcel_sent, company_id):
    write(parcel_sent, company_id)
    checkpoint = sealed_log()

    [key] = log_keys.verifiers()
    text, signers = opened(checkpoint.note, [key, key.timed])
    assert Head.parse(text) == Head("testserver/log", 1, bytes(checkpoint.root))
    assert bytes(checkpoint.root) == bytes(Leaf.objects.get().hash)
    assert signers == {key: None, key.timed: int(make.NOON.timestamp())}


def test_what_is_new_is_signed_within_ten_seconds(sealed_log, parcel_sent, company_id):
    signed = []
    for second in range(60):
        write(parcel_sent, company_id)
        sealing.turn(make.NOON + second * SECOND)
        signed.append(sizes()[-1])

    late = [second - signed[second] + 1 for second in range(60)]
    assert (max(late), len(sizes())) == (4, 12)


def test_on_quiet_it_is_signed_every_hour(sealed_log, parcel_sent, company_id):
    write(parcel_sent, company_id)
    for minute in range(181):
        sealing.turn(make.NOON + timedelta(minutes=minute))

    assert sizes() == [1, 1, 1, 1]


def test_nothing_is_signed_before_there_is_an_entry(db):
    sealing.turn(make.NOON)

    assert (sizes(), problem()) == ([], "")


def test_a_clock_set_back_signs_no_earlier_time_and_dates_no_place_so(sealed_log, parcel_sent, company_id):
    write(parcel_sent, company_id)
    sealing.turn(make.NOON)
    write(parcel_sent, company_id)
    sealing.turn(make.NOON - timedelta(days=400))

    assert list(Checkpoint.objects.order_by("pk").values_list("size", "signed_at")) == [(1, make.NOON), (2, make.NOON)]
    assert set(Leaf.objects.values_list("sealed_at", flat=True)) == {make.NOON}
    assert (problem(), is_whole()) == ("", True)
    assert (
        "at 2026-03-12 12:00 UTC: it was set back, or was ahead before. Set it right."
        in SealerState.objects.get().warning
    )


def test_a_clock_set_back_before_a_place_was_signed_signs_it_no_earlier(sealed_log, parcel_sent, company_id):
    write(parcel_sent, company_id)
    sealing.turn(make.NOON)
    write(parcel_sent, company_id)
    sealing.turn(make.NOON + 4 * SECOND)
    write(parcel_sent, company_id)
    sealing.turn(make.NOON - timedelta(hours=1))

    assert list(Checkpoint.objects.order_by("pk").values_list("size", "signed_at")) == [
        (1, make.NOON),
        (3, make.NOON + 4 * SECOND),
    ]
    assert findings() == []


def test_a_clock_put_right_by_hours_leaves_no_place_out_that_was_not_signed_yet(sealed_log, parcel_sent, company_id):
    ahead = make.NOON + timedelta(hours=5)
    write(parcel_sent, company_id)
    sealing.turn(ahead)
    write(parcel_sent, company_id)
    sealing.turn(ahead + 3 * SECOND)
    sealing.turn(make.NOON + 4 * SECOND)

    assert list(Checkpoint.objects.order_by("pk").values_list("size", "signed_at")) == [
        (1, ahead),
        (2, ahead + 3 * SECOND),
    ]
    assert findings() == []


def test_nobody_sets_the_log_s_own_time_far_ahead_at_the_database(sealed_log, parcel_sent, company_id, owner):
    write(parcel_sent, company_id)
    sealing.place_waiting(make.NOON)
    owner(lambda: Leaf.objects.update(sealed_at=make.NOON + timedelta(days=400)))

    sealing.turn(make.NOON)
    assert Checkpoint.objects.get().signed_at == make.NOON
    assert [one.what for one in findings()] == ["sealed_at_changed"]

    owner(lambda: Checkpoint.objects.update(signed_at=make.NOON + timedelta(days=400)))
    write(parcel_sent, company_id)
    sealing.turn(make.NOON + 10 * SECOND)
    assert "is not what was signed (It says another size, root or time.)" in problem()
    assert sizes() == [1]


def test_a_quiet_sealer_says_every_ten_seconds_that_it_is_alive(db):
    sealing.turn(make.NOON)
    sealing.turn(make.NOON + 9 * SECOND)
    assert SealerState.objects.get().seen_at == make.NOON

    sealing.turn(make.NOON + 10 * SECOND)
    assert SealerState.objects.get().seen_at == make.NOON + 10 * SECOND


def test_an_idle_turn_writes_nothing(sealed_log, parcel_sent, company_id, django_assert_max_num_queries):
    write(parcel_sent, company_id)
    sealing.turn(make.NOON)

    with django_assert_max_num_queries(14) as queries:
        sealing.turn(make.NOON + SECOND)
    assert not [one["sql"] for one in queries if one["sql"].startswith(("INSERT", "UPDATE", "DELETE"))]


def test_more_than_a_batch_is_sealed_in_one_turn(sealed_log, parcel_sent, company_id, monkeypatch):
    monkeypatch.setattr(placing, "BATCH", 2)
    write(parcel_sent, company_id, 5)

    assert sealed_log().size == 5
    assert list(Leaf.objects.order_by("index").values_list("number", flat=True)) == [1, 2, 3, 4, 5]


def test_tiles_grow_as_the_tree_does(sealed_log, parcel_sent, company_id, monkeypatch):
    monkeypatch.setattr(publishing, "LEAVES_AT_ONCE", 256)
    for count in (255, 1, 300):
        write(parcel_sent, company_id, count)
        checkpoint = sealed_log()

    hashes = [bytes(one) for one in Leaf.objects.order_by("index").values_list("hash", flat=True)]
    assert bytes(checkpoint.root) == merkle.root_of(hashes)
    assert is_whole()


@pytest.mark.django_db(transaction=True)
def test_two_sealers_at_once_give_every_entry_one_place(sealed_log, parcel_sent, company):
    write(parcel_sent, company.pk, 50)
    turns = [lambda: sealing.turn(make.NOON)] * 4

    results = together(company, turns)

    assert sum(results) == 50
    assert list(Leaf.objects.order_by("index").values_list("number", flat=True)) == list(range(1, 51))
    assert (sizes(), is_whole()) == ([50], True)


def test_who_seals_elsewhere_at_the_same_time_is_refused_by_the_database(sealed_log, parcel_sent, company_id):
    [first, second] = write(parcel_sent, company_id, 2)
    aside = waiting.Aside()
    batch = waiting.with_rows(waiting.next_batch(None, 10), aside)
    placing.place(batch[:1], aside, {}, make.NOON)

    with pytest.raises(CannotSeal):
        placing.place(batch[:1], aside, {}, make.NOON)

    sealed_log()
    assert list(Leaf.objects.order_by("index").values_list("entry_id", flat=True)) == [first.pk, second.pk]


def test_an_entry_put_into_the_queue_again_keeps_its_place(sealed_log, parcel_sent, company_id):
    [entry] = write(parcel_sent, company_id)
    sealed_log()
    Waiting.objects.create(log="billing", entry_id=entry.pk)
    [other] = write(parcel_sent, company_id)

    sealing.turn(make.NOON + SECOND)
    assert (Waiting.objects.count(), problem()) == (0, "")
    [(kind, cause, sentence)] = trouble(make.NOON + SECOND)
    assert (kind, cause) == ("sealer_late", "warning")
    assert sentence == (
        "1 entry was put into the queue again and taken out: the place was given before, and nothing is missing. "
        f"Somebody wrote to the queue at the database: find out who. (billing {entry.pk})"
    )
    assert sealed_log().size == 2
    assert list(Leaf.objects.order_by("index").values_list("entry_id", flat=True)) == [entry.pk, other.pk]


@pytest.mark.parametrize("position", [0, -1])
def test_an_entry_moved_before_the_start_of_the_queue_is_sealed(sealed_log, parcel_sent, company_id, position):
    write(parcel_sent, company_id, 2)
    last = Waiting.objects.order_by("position").last()
    Waiting.objects.filter(pk=last.pk).update(position=position)

    sealed_log()

    assert (Leaf.objects.count(), Waiting.objects.count()) == (2, 0)


def test_what_vanished_from_the_queue_is_told_of_and_keeps_nobody(sealed_log, parcel_sent, company_id):
    [gone, there] = write(parcel_sent, company_id, 2)
    with connection.cursor() as cursor, triggers_resting(connection.vendor, cursor):
        type(gone)._base_manager.filter(pk=gone.pk).delete()

    sealing.turn(make.NOON)

    assert "1 entry was removed from the logs without being sealed" in problem()
    assert (Leaf.objects.get().entry_id, sizes()) == (there.pk, [1])
    assert Waiting.objects.get().entry_id == gone.pk


@pytest.mark.parametrize("twin_first", [False, True], ids=["after the place", "before it"])
def test_an_entry_with_the_id_of_one_of_the_other_log_is_told_of_and_keeps_nobody(
    sealed_log, parcel_sent, company_id, twin_first, owner
):
    [entry] = write(parcel_sent, company_id)
    if not twin_first:
        sealed_log()
    values = {field.attname: getattr(entry, field.attname) for field in SecurityEvent._meta.concrete_fields}
    owner(lambda: SecurityEvent._base_manager.bulk_create([SecurityEvent(**values)]))
    Waiting.objects.create(log="security", entry_id=entry.pk)
    [other] = write(parcel_sent, company_id)

    for second in (10, 20):
        sealing.turn(make.NOON + second * SECOND)
        assert "1 entry has the id of another one and no seal" in problem()
        assert f"(security {entry.pk})" in problem()
    assert (Waiting.objects.get().log, sizes()[-1]) == ("security", 2)
    assert list(Leaf.objects.order_by("index").values_list("entry_id", flat=True)) == [entry.pk, other.pk]


@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL keeps nothing but text in a text column")
@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("reason", "X'00ff'"),
        ("reason", "CAST(X'ff' AS TEXT)"),
        ("at", "'soon'"),
        ("at", "X'00'"),
        ("company_id", "X'00'"),
    ],
)
def test_an_entry_that_cannot_be_read_is_told_of_and_keeps_nobody(sealed_log, parcel_sent, company_id, column, value):
    [entry] = write(parcel_sent, company_id)
    id = uuid7()
    columns = [field.column for field in BillingEvent._meta.concrete_fields]
    given = ", ".join({"id": f"'{id.hex}'", column: value}.get(name, name) for name in columns)
    with connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO audit_billingevent ({', '.join(columns)}) SELECT {given} FROM audit_billingevent")
    [other] = write(parcel_sent, company_id)

    sealing.turn(make.NOON)

    assert "1 entry is unreadable and not sealed" in problem()
    assert f"(billing {id})" in problem()
    assert [kind for kind, _, _ in trouble(make.NOON)] == ["sealer_late"]
    assert (Waiting.objects.get().entry_id, sizes()) == (id, [2])
    assert list(Leaf.objects.order_by("index").values_list("entry_id", flat=True)) == [entry.pk, other.pk]


def test_whatever_else_goes_wrong_is_kept_where_pages_show_it(parcel_sent, company_id, monkeypatch):
    write(parcel_sent, company_id)

    def fail(*arguments):
        raise TypeError("no text")

    monkeypatch.setattr(placing, "with_rows", fail)
    assert sealing.turn(make.NOON) == 0
    assert problem() == "The sealer failed (TypeError: no text). The log of the server says where."


def test_a_full_disk_seals_nothing_and_loses_nothing(sealed_log, parcel_sent, company_id, monkeypatch):
    write(parcel_sent, company_id, 3)

    with full_disk(monkeypatch):
        sealing.turn(make.NOON)
        assert (
            problem() == "The files of the log cannot be written: No space left on device. Make room, or mend the disk."
        )
        assert sizes() == []

    assert sealed_log().size == 3
    assert is_whole()


@contextmanager
def full_disk(monkeypatch):
    """A disk that takes a part of what is written and then no more."""
    fsync = tiles.os.fsync

    def fail(descriptor):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(tiles.os, "fsync", fail)
    yield
    monkeypatch.setattr(tiles.os, "fsync", fsync)


def test_a_folder_that_cannot_be_made_is_told_of(parcel_sent, company_id, settings, tmp_path):
    (tmp_path / "file").write_text("", encoding="utf-8")
    settings.LOG_DIR = tmp_path / "file" / "log"

    assert sealing.turn(make.NOON) == 0
    assert "cannot be written" in problem()


@pytest.mark.parametrize("damage", ["gone", "cut", "changed"])
def test_a_damaged_tile_is_written_again_and_told_of(sealed_log, parcel_sent, company_id, settings, damage):
    write(parcel_sent, company_id, 3)
    sealed_log()
    tile = settings.LOG_DIR / "tile/0/000.p/3"
    whole = tile.read_bytes()
    {"gone": tile.unlink, "cut": lambda: tile.write_bytes(whole[:40]), "changed": lambda: tile.write_bytes(bytes(96))}[
        damage
    ]()

    write(parcel_sent, company_id)
    sealed_log()

    check = Check.objects.get()
    assert (check.outcome, check.findings[0]["what"]) == ("failed", "tiles_repaired")
    assert is_whole()


def test_where_the_places_no_longer_give_what_was_signed_nothing_more_is_signed(sealed_log, parcel_sent, company_id):
    write(parcel_sent, company_id, 3)
    sealed_log()
    (tiles.tile_folder() / "0/000.p/3").unlink()
    with connection.cursor() as cursor, triggers_resting(connection.vendor, cursor):
        Leaf.objects.filter(index=1).update(hash=bytes(32))
    write(parcel_sent, company_id)

    sealing.turn(make.NOON + 10 * SECOND)

    assert "no longer give the root that was signed at 3" in problem()
    assert sizes() == [3]


def test_where_places_are_missing_nothing_more_is_signed(sealed_log, parcel_sent, company_id):
    write(parcel_sent, company_id, 3)
    sealed_log()
    with connection.cursor() as cursor, triggers_resting(connection.vendor, cursor):
        Leaf.objects.filter(index=2).delete()

    sealing.turn(make.NOON + 10 * SECOND)

    assert "The database has fewer entries than were signed (2 of 3)." in problem()
    assert "restore a newer backup" in problem()
    assert sizes() == [3]


def test_a_lost_key_stops_the_signing_and_not_the_places(sealed_log, parcel_sent, company_id, settings):
    write(parcel_sent, company_id)
    sealed_log()
    (settings.SEALER_DIR / "log.key").unlink()
    write(parcel_sent, company_id)

    sealing.turn(make.NOON + 10 * SECOND)

    assert "cannot be read" in problem()
    assert "manage.py replace_log_key" in problem()
    assert (Leaf.objects.count(), sizes()) == (2, [1])


def test_another_key_signs_nothing(sealed_log, parcel_sent, company_id, settings):
    write(parcel_sent, company_id)
    sealed_log()
    log_keys.write(settings.SEALER_DIR / "log.key", Signer.new("testserver/log"))

    sealing.turn(make.NOON + timedelta(hours=2))

    assert "holds another key than the log signs with" in problem()
    assert (sizes(), LogKey.objects.count()) == ([1], 1)


def test_only_this_user_can_read_the_key(sealed_log, parcel_sent, company_id, settings):
    write(parcel_sent, company_id)
    sealed_log()

    folder = settings.SEALER_DIR
    assert (folder.stat().st_mode & 0o777, (folder / "log.key").stat().st_mode & 0o777) == (0o700, 0o600)


def test_a_problem_is_kept_since_it_began_and_ends(sealed_log, parcel_sent, company_id, settings):
    write(parcel_sent, company_id)
    sealed_log()
    key = settings.SEALER_DIR / "log.key"
    kept = key.read_text(encoding="ascii")
    key.unlink()
    for second in (10, 30):
        sealing.turn(make.NOON + second * SECOND)
    state = SealerState.objects.get()
    assert (state.problem_since, state.seen_at) == (make.NOON + 10 * SECOND, make.NOON + 30 * SECOND)

    key.write_text(kept, encoding="ascii")
    sealing.turn(make.NOON + 31 * SECOND)
    state = SealerState.objects.get()
    assert (state.problem, state.problem_since) == ("", None)


def test_a_checkpoint_whose_file_was_not_written_is_written_at_the_next_turn(
    sealed_log, parcel_sent, company_id, settings
):
    write(parcel_sent, company_id)
    checkpoint = sealed_log()
    (settings.LOG_DIR / "checkpoint").unlink()

    sealing.turn(make.NOON + SECOND)

    assert (settings.LOG_DIR / "checkpoint").read_text(encoding="utf-8") == checkpoint.note


def test_what_a_witness_signed_stands_in_the_file(sealed_log, parcel_sent, company_id, settings):
    write(parcel_sent, company_id)
    checkpoint = sealed_log()
    checkpoint.cosignatures.create(witness="w.example", line="— w.example AAAAAAAA\n", at=make.NOON)

    sealing.turn(make.NOON + SECOND)

    assert (settings.LOG_DIR / "checkpoint").read_text(encoding="utf-8").endswith("\n— w.example AAAAAAAA\n")


def test_another_place_for_an_entry_is_refused_by_the_database(sealed_log, parcel_sent, company_id):
    [entry] = write(parcel_sent, company_id)
    sealed_log()

    with pytest.raises(IntegrityError):
        Leaf.objects.create(
            index=1, log="billing", entry_id=UUID(str(entry.pk)), number=1, hash=b"", sealed_at=make.NOON
        )
