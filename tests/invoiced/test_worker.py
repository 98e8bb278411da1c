"""The worker: each task once, again when it failed, and an end without a loose end."""

import datetime
import os
import select
import signal
import subprocess
import sys

import pytest
import time_machine
from django.db import OperationalError
from django.utils import timezone
from django_tasks import task
from django_tasks_db.models import DBTaskResult

from accounts.mail import TRIES, NotDelivered
from invoiced import retries, schedules
from invoiced.env import BASE_DIR
from invoiced.worker import Worker
from tests import visitors
from tests.together import together

AT = timezone.now()
ran: list[str] = []


@pytest.fixture(autouse=True)
def nothing_ran():
    ran.clear()


@task()
def note(text: str) -> str:
    ran.append(text)
    return text


@task()
def fail(expected: bool) -> None:
    raise NotDelivered("The server is down.") if expected else ZeroDivisionError


@task(priority=10)
def note_first(text: str) -> None:
    ran.append(text)


def queued():
    return DBTaskResult.objects.order_by("enqueued_at", "id")


@pytest.mark.django_db
def test_a_task_runs_and_keeps_what_it_returned():
    note.enqueue("hello")
    assert (Worker(0).run_one(), Worker(0).run_one()) == (True, False)
    [result] = queued()
    assert (ran, result.status, result.return_value) == (["hello"], "SUCCESSFUL", "hello")


@pytest.mark.django_db
def test_tasks_run_in_the_order_they_came_but_those_somebody_waits_for_first():
    for text in "abc":
        note.enqueue(text)
    note_first.enqueue("first")
    worker = Worker(0)
    while worker.run_one():
        pass
    assert ran == ["first", "a", "b", "c"]


@pytest.mark.django_db
@pytest.mark.parametrize("expected", [True, False])
@time_machine.travel(AT, tick=False)
def test_a_task_that_failed_waits_ever_longer_and_in_the_end_fails_for_good(expected, caplog):
    fail.enqueue(expected)
    pauses = []
    for _ in range(retries.TRIES):
        queued().update(run_after=AT)
        Worker(0).run_one()
        result = queued().get()
        pauses.append((result.run_after - AT).total_seconds() if result.status == "READY" else None)
    assert pauses[:11] == [15, 30, 60, 120, 240, 480, 960, 1920, 3840, 7680, 15360]
    assert pauses[11:] == [6 * 3600] * 6 + [None]
    assert (result.status, len(result.worker_ids), Worker(0).run_one()) == ("FAILED", retries.TRIES, False)
    assert ("Traceback" in caplog.text) is not expected


def test_a_mail_server_may_be_away_for_a_day_before_a_letter_fails():
    pauses = [retries.pause_after(tries) for tries in range(1, TRIES)]
    assert sum(pauses, datetime.timedelta()) > datetime.timedelta(hours=24)
    assert TRIES < retries.TRIES


@pytest.mark.django_db
def test_a_task_whose_code_is_gone_hurts_no_other():
    note.enqueue("gone")
    queued().update(task_path="billing.emails.gone")
    note.enqueue("here")
    worker = Worker(0)
    while worker.run_one():
        pass
    assert ran == ["here"]


@pytest.mark.django_db(transaction=True)
def test_workers_on_many_hosts_run_each_task_once():
    company = visitors.company()
    for number in range(12):
        note.enqueue(str(number))

    def work():
        worker = Worker(0)
        for _ in range(200):
            if not worker.run_one() and not DBTaskResult.objects.ready().exists():
                return

    assert together(company, [work] * 4) == [None] * 4
    assert sorted(ran, key=int) == [str(number) for number in range(12)]
    assert {len(one.worker_ids) for one in queued()} == {1}


@pytest.mark.django_db
def test_what_a_killed_worker_left_is_given_back_after_a_while():
    note.enqueue("again")
    result = queued().get()
    result.claim("killed")
    schedules.free_stale_tasks(timezone.now())
    assert queued().get().status == "RUNNING"
    queued().update(started_at=timezone.now() - schedules.STALE * 2)
    schedules.free_stale_tasks(timezone.now())
    assert (queued().get().status, queued().get().run_after > timezone.now()) == ("READY", True)


@pytest.mark.django_db
def test_a_task_that_kills_every_worker_fails_in_the_end():
    note.enqueue("deadly")
    queued().update(
        status="RUNNING", started_at=timezone.now() - schedules.STALE * 2, worker_ids=["killed"] * retries.TRIES
    )
    schedules.free_stale_tasks(timezone.now())
    assert (queued().get().status, "WorkerDied" in queued().get().traceback) == ("FAILED", True)


@pytest.mark.django_db
def test_a_late_failure_does_not_take_a_task_from_the_worker_that_has_it_now():
    note.enqueue("mine")
    late = queued().get()
    late.claim("slow")
    queued().update(started_at=timezone.now(), worker_ids=["slow", "fast"])
    retries.again(late, NotDelivered("late"), timezone.now())
    assert queued().get().status == "RUNNING"


@pytest.mark.django_db
def test_an_idle_look_asks_two_things(django_assert_num_queries):
    worker = Worker(0)
    worker.run_some()
    with django_assert_num_queries(2):
        assert worker.run_some() is True


@pytest.mark.django_db
def test_a_long_queue_does_not_keep_the_schedules_waiting():
    for number in range(25):
        note.enqueue(str(number))
    worker = Worker(0)
    assert (worker.run_some(), len(ran)) == (False, 20)
    assert (worker.run_some(), len(ran)) == (True, 25)


@pytest.mark.django_db(transaction=True)
def test_a_database_that_is_away_is_waited_for(caplog, monkeypatch):
    worker = Worker(0)
    answers = iter([OperationalError("the server closed the connection"), None])

    def run_due(at, is_stopping):
        if (answer := next(answers)) is not None:
            raise answer
        worker.stopping.set()

    monkeypatch.setattr(schedules, "run_due", run_due)
    worker.run()
    assert "the database does not answer" in caplog.text


def test_told_to_stop_it_finishes_its_task_and_leaves_no_trace(tmp_path):
    """A real process with a database of its own; the task says when it runs and waits until it may end."""
    environment = {**os.environ, "DATA_DIR": str(tmp_path), "DATABASE_URL": f"sqlite:///{tmp_path}/worker.sqlite3"}
    go_on, told = os.pipe()
    running, says = os.pipe()
    script = f"""
import django, os
os.environ["DJANGO_SETTINGS_MODULE"] = "tests.worker_process"
os.environ["PIPES"] = "{says} {go_on}"
django.setup()
from django.core.management import call_command
call_command("migrate", verbosity=0)
from tests.worker_process import hold
hold.enqueue()
call_command("worker", pause=0.01)
from django_tasks_db.models import DBTaskResult
print(DBTaskResult.objects.get().status)
"""
    process = subprocess.Popen(
        [sys.executable, "-c", script],
        cwd=BASE_DIR,
        env=environment,
        pass_fds=(go_on, says),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert select.select([running], [], [], 120)[0], process.stderr.read()
        process.send_signal(signal.SIGTERM)
        os.write(told, b"!")
        printed, logged = process.communicate(timeout=60)
    finally:
        process.kill()
        for pipe in (go_on, told, running, says):
            os.close(pipe)
    assert (process.returncode, printed.splitlines()[-1]) == (0, "SUCCESSFUL"), logged
    assert "stopped" in logged
