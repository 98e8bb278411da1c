"""What the log signed stands, whatever the owner of the database takes back: nothing is signed that contradicts it."""

from datetime import timedelta

import pytest
from django.db import connection

from audit import log_keys, placing, sealing, signed
from audit.actions import log_keys as key_actions
from audit.actors import Actor
from audit.errors import KeyNotReplaceable
from audit.leaves import entry_hash, rows_of
from audit.models import BillingEvent, Checkpoint, Leaf, LogKey, SealerState, SecurityEvent, Waiting
from audit.notes import Checkpoint as Head
from audit.notes import Signer
from tests.audit import make
from tests.emptying import triggers_resting

pytestmark = pytest.mark.django_db
LATER = make.NOON + timedelta(hours=2)
OPERATOR = Actor.operator("tests")


@pytest.fixture
def write(parcel_sent, company_id):
    def some(count):
        return [make.recorded(parcel_sent, make.Parcel(company_id), place=str(number)) for number in range(count)]

    return some


@pytest.fixture
def three(write, sealed_log):
    """Three entries, sealed and signed."""
    write(3)
    return sealed_log()


def owner(*changes):
    """What somebody does who owns the database and no files."""
    with connection.cursor() as cursor, triggers_resting(connection.vendor, cursor):
        for change in changes:
            change()


def rewrite(index):
    """Change an entry, and its place so that it fits."""
    place = Leaf.objects.get(index=index)
    BillingEvent._base_manager.filter(pk=place.entry_id).update(reason="rewritten")
    [row] = rows_of("billing", [place.entry_id])
    Leaf.objects.filter(index=index).update(hash=entry_hash("billing", place.number, row))


def remove_from(index):
    """Take back the end of the history, as a backup from before does."""
    ids = list(Leaf.objects.filter(index__gte=index).values_list("entry_id", flat=True))
    for model in (BillingEvent, SecurityEvent):
        model._base_manager.filter(pk__in=ids).delete()
    Leaf.objects.filter(index__gte=index).delete()
    Checkpoint.objects.filter(size__gt=index).delete()


def forget_checkpoints():
    Checkpoint.objects.all().delete()


def files(settings):
    return [(settings.LOG_DIR / "checkpoint").read_bytes(), (settings.SEALER_DIR / "signed").read_bytes()]


def problem():
    return SealerState.objects.get().problem


def sizes():
    return list(Checkpoint.objects.order_by("pk").values_list("size", flat=True))


@pytest.mark.parametrize("removed", ["nothing", "the keys"])
@pytest.mark.parametrize("kept", ["both", "signed", "checkpoint"])
def test_another_history_is_not_signed_where_its_checkpoints_were_removed(three, write, settings, kept, removed):
    keys = [LogKey.objects.all().delete] if removed == "the keys" else []
    owner(lambda: rewrite(0), forget_checkpoints, *keys)
    before = files(settings)
    for gone in {"both": [], "signed": [settings.LOG_DIR / "checkpoint"], "checkpoint": [signed.memory()]}[kept]:
        gone.unlink()
    write(1)

    sealing.turn(LATER)

    assert "no longer give the root that was signed at 3" in problem()
    assert sizes() == []
    if kept == "both":
        assert files(settings) == before


def test_where_nothing_says_what_was_signed_nothing_is(three, write, settings):
    owner(lambda: rewrite(0), forget_checkpoints)
    note = signed.shown().read_text(encoding="utf-8")
    signed.memory().unlink()
    signed.shown().unlink()

    sealing.turn(LATER)
    assert "Nothing says what the log signed last" in problem()
    assert (sizes(), signed.shown().exists()) == ([], False)

    signed.shown().write_text(note, encoding="utf-8")
    sealing.turn(LATER)
    assert "no longer give the root" in problem()


def test_what_was_shown_stands_where_the_end_of_the_history_was_taken_back(three, write, sealed_log, settings):
    write(2)
    sealed_log()
    before = files(settings)
    owner(lambda: remove_from(3))
    write(1)

    sealing.turn(LATER)

    assert "The database has fewer entries than were signed (3 of 5)" in problem()
    assert "restore a newer backup" in problem()
    assert (sizes(), files(settings), Waiting.objects.count(), Leaf.objects.count()) == ([3], before, 1, 3)


def test_another_end_of_the_history_is_not_signed(three, write, sealed_log, settings):
    write(2)
    sealed_log()
    before = files(settings)
    owner(lambda: remove_from(3))
    write(4)
    placing.place_waiting(LATER)

    sealing.turn(LATER)

    assert "no longer give the root that was signed at 5" in problem()
    assert (sizes(), files(settings)) == ([3], before)


def test_a_checkpoint_that_another_key_signed_is_not_shown(three, settings):
    before = files(settings)
    note = signed.note_of(Head("testserver/log", 3, bytes(32)), [Signer.new("testserver/log")], LATER)
    owner(lambda: Checkpoint.objects.create(size=3, root=bytes(32), note=note, signed_at=LATER))

    sealing.turn(LATER + timedelta(hours=2))

    assert "is not what was signed (None of the known keys signed this note.)" in problem()
    assert files(settings) == before


def test_a_memory_that_is_older_is_no_hindrance(three, write, sealed_log, settings):
    """The key was put back with what lay beside it when it was copied."""
    older = signed.memory().read_bytes()
    write(2)
    sealed_log()
    signed.memory().write_bytes(older)
    write(1)

    assert sealed_log().size == 6


def test_a_log_from_before_there_was_a_memory_goes_on(three, write, sealed_log):
    signed.memory().unlink()
    write(1)

    assert sealed_log().size == 4
    assert signed.memory().read_text(encoding="utf-8") == Checkpoint.objects.latest("pk").note


def test_a_damaged_memory_is_told_of(three, write):
    signed.memory().write_bytes(b"\xff")
    write(1)

    sealing.turn(LATER)

    assert "signed is not what the log signed" in problem()
    assert sizes() == [3]


@pytest.mark.parametrize("is_lost", [False, True], ids=["at hand", "lost"])
def test_no_new_key_is_made_for_another_history(three, write, settings, is_lost):
    owner(lambda: rewrite(0), forget_checkpoints)
    if is_lost:
        (settings.SEALER_DIR / "log.key").unlink()

    with pytest.raises(KeyNotReplaceable, match="do not give the root that was signed at 3"):
        key_actions.replace(is_lost=is_lost, by=OPERATOR, at=make.NOON)

    sealing.turn(LATER)
    assert (LogKey.objects.count(), sizes(), bool(problem())) == (1, [], True)


def test_a_key_that_is_gone_with_all_that_knew_it_is_not_made_anew(three, settings):
    owner(LogKey.objects.all().delete, forget_checkpoints)
    (settings.SEALER_DIR / "log.key").unlink()

    sealing.turn(LATER)

    assert "signed is not what the log signed" in problem()
    with pytest.raises(signed.Contradiction, match=r"Put log\.key back"):
        log_keys.signer(LATER)
    assert not LogKey.objects.exists()
