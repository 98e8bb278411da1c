"""The sealer is killed between every two of its steps. What it left is taken up: nothing lost, twice or forked."""

import os
import shutil
from collections.abc import Callable
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection, transaction

from audit import log, log_keys, placing, sealing, tiles
from audit.actions import log_keys as key_actions
from audit.actors import Actor
from audit.models import Checkpoint, Leaf, LogKey, SealerState, Waiting
from audit.verifying.check import Verification, begin
from tests.audit import make

pytestmark = pytest.mark.django_db
MOST_STEPS = 200
OPERATOR = Actor.operator("tests")


class Killed(BaseException):
    """Nothing that a program catches."""


class Steps:
    """Whatever leaves a trace in files or tables, counted; the process is killed at one of them."""

    def __init__(self, fatal: int) -> None:
        self.fatal, self.done = fatal, 0

    def take(self) -> None:
        self.done += 1
        if self.done == self.fatal:
            raise Killed

    def around(self, act: Callable) -> Callable:
        def counted(*args, **kwargs):
            self.take()
            result = act(*args, **kwargs)
            self.take()
            return result

        return counted

    def statement(self, execute, sql, params, many, context):
        if not sql.startswith(("INSERT", "UPDATE", "DELETE")):
            return execute(sql, params, many, context)
        return self.around(execute)(sql, params, many, context)


@contextmanager
def counted(steps: Steps):
    """Count every file that is opened for writing, synced, renamed or removed, and every change of a table."""
    with pytest.MonkeyPatch.context() as patch, ExitStack() as stack:
        for owner, name in [(os, "open"), (os, "fsync"), (Path, "replace"), (Path, "unlink"), (shutil, "rmtree")]:
            patch.setattr(owner, name, steps.around(getattr(owner, name)))
        stack.enter_context(connection.execute_wrapper(steps.statement))
        yield


@pytest.fixture
def at_every_step(settings, tmp_path):
    """Do something again and again from the same state, killed at its first step, its second, and so on."""

    def run(act: Callable[[], object], judge: Callable[[list[str]], None]) -> int:
        before = settings.LOG_DIR.parent
        for fatal in range(1, MOST_STEPS):
            folder = tmp_path / str(fatal)
            if before.exists():
                shutil.copytree(before, folder)
            settings.LOG_DIR, settings.SEALER_DIR = folder / "log", folder / "sealer"
            with transaction.atomic():
                was_killed = killed_at(fatal, act)
                judge(published())
                transaction.set_rollback(True)
            settings.LOG_DIR, settings.SEALER_DIR = before / "log", before / "sealer"
            if not was_killed:
                return fatal - 1
        raise AssertionError("It never came to its end.")

    return run


def killed_at(fatal: int, act: Callable[[], object]) -> bool:
    try:
        with counted(Steps(fatal)):
            act()
    except Killed:
        return True
    return False


def published() -> list[str]:
    """Every checkpoint that somebody may have seen."""
    notes = list(Checkpoint.objects.values_list("note", flat=True))
    path = settings.LOG_DIR / "checkpoint"
    return [*notes, path.read_text(encoding="utf-8")] if path.exists() else notes


def write(event_type, company_id, count):
    with transaction.atomic():
        log.record_many(
            log.entry(event_type, target=make.Parcel(company_id), by=make.ADA, at=make.NOON, place=str(number))
            for number in range(count)
        )


def judged(size, at):
    """What holds after the next turn of a sealer that was killed."""

    def judge(notes):
        sealing.turn(at)
        assert SealerState.objects.get().problem == ""
        assert not Waiting.objects.exists()
        assert list(Leaf.objects.order_by("index").values_list("index", flat=True)) == list(range(size))
        assert Checkpoint.objects.order_by("pk").last().size == size
        for since in [None, *notes]:
            assert found(since) == []

    return judge


def found(since):
    verification, findings = Verification(begin(since=since)), []
    while not verification.is_done:
        findings += verification.go_on()
    return findings


def test_killed_at_its_very_first_turn(at_every_step, parcel_sent, company_id):
    write(parcel_sent, company_id, 3)

    steps = at_every_step(lambda: sealing.turn(make.NOON), judged(3, make.NOON + timedelta(seconds=10)))

    assert steps >= 20


def test_killed_while_a_tile_fills_and_the_next_begins(at_every_step, sealed_log, parcel_sent, company_id, monkeypatch):
    monkeypatch.setattr(placing, "BATCH", 4)
    write(parcel_sent, company_id, 251)
    sealed_log()
    write(parcel_sent, company_id, 9)
    at = make.NOON + timedelta(seconds=10)

    steps = at_every_step(lambda: sealing.turn(at), judged(260, at + timedelta(seconds=10)))

    assert steps >= 30


def test_killed_while_it_writes_damaged_tiles_again(at_every_step, sealed_log, parcel_sent, company_id):
    write(parcel_sent, company_id, 3)
    sealed_log()
    (tiles.tile_folder() / "0/000.p/3").unlink()
    write(parcel_sent, company_id, 1)
    at = make.NOON + timedelta(seconds=10)

    steps = at_every_step(lambda: sealing.turn(at), judged(4, at + timedelta(seconds=10)))

    assert steps >= 20


def test_killed_at_the_first_turn_with_a_new_key(at_every_step, sealed_log, parcel_sent, company_id):
    write(parcel_sent, company_id, 3)
    sealed_log()
    key_actions.replace(is_lost=False, by=OPERATOR, at=make.NOON)
    at = make.NOON + timedelta(seconds=10)

    def judge(notes):
        judged(4, at + timedelta(seconds=10))(notes)
        assert log_keys.former_signer() is None

    steps = at_every_step(lambda: sealing.turn(at), judge)

    assert steps >= 15


@pytest.mark.parametrize("is_lost", [False, True], ids=["at hand", "lost"])
def test_the_replacing_of_a_key_is_killed(at_every_step, sealed_log, parcel_sent, company_id, settings, is_lost):
    write(parcel_sent, company_id, 3)
    sealed_log()
    if is_lost:
        (settings.SEALER_DIR / "log.key").unlink()
    at = make.NOON + timedelta(seconds=10)

    def judge(notes):
        """The log has either key, and goes on with it; a key that is lost can still be replaced."""
        if is_lost and LogKey.objects.count() == 1:
            key_actions.replace(is_lost=True, by=OPERATOR, at=at)
        sealing.turn(at + timedelta(seconds=10))
        assert SealerState.objects.get().problem == ""
        assert not Waiting.objects.exists()
        keys = LogKey.objects.count()
        assert Leaf.objects.count() == 3 + keys - 1
        for since in [None, *notes]:
            assert [one.what for one in found(since)] == (["key_lost"] if is_lost else [])

    steps = at_every_step(lambda: key_actions.replace(is_lost=is_lost, by=OPERATOR, at=at), judge)

    assert steps >= 12
