"""What runs by itself, and how often. Safe on several hosts: a run is claimed by moving its next time."""

import datetime
import logging
from collections.abc import Callable

from django.contrib.sessions.models import Session
from django.core.management import call_command
from django_tasks import TaskResultStatus
from django_tasks_db.models import DBTaskResult

from accounts.models import Company
from accounts.scoping import in_company
from billing.actions import attempts
from billing.queries.attempts import unsettled_since
from invoiced.models import Schedule

logger = logging.getLogger(__name__)

STALE = datetime.timedelta(minutes=15)
KEPT = datetime.timedelta(days=30)
UNSETTLED = datetime.timedelta(minutes=1)


def run_due(at: datetime.datetime) -> int:
    """Run every schedule that is due at `at` and that nobody else has claimed; how many ran."""
    return sum(_claim(name, every, at) and _run(name, run, at) for name, (every, run) in SCHEDULES.items())


def remind(at: datetime.datetime) -> None:
    call_command("send_payment_reminders")


def ask_about_unsettled_attempts(at: datetime.datetime) -> None:
    """A customer who closed the browser, or a provider that fell silent: ask again until there is an answer."""
    for company in Company.objects.all():
        with in_company(company):
            for attempt in unsettled_since(at - UNSETTLED):
                question = attempts.ask_outcome if attempt.external_id else attempts.ask_provider
                question.enqueue(str(company.pk), str(attempt.pk))


def free_stale_tasks(at: datetime.datetime) -> None:
    """A worker that was killed leaves its task claimed; give it back."""
    stale = DBTaskResult.objects.filter(status=TaskResultStatus.RUNNING, started_at__lt=at - STALE)
    freed = stale.update(status=TaskResultStatus.READY, started_at=None)
    if freed:
        logger.warning("freed %d stale tasks", freed)


def clear_out(at: datetime.datetime) -> None:
    DBTaskResult.objects.finished().filter(finished_at__lt=at - KEPT).delete()
    Session.objects.filter(expire_date__lt=at).delete()


SCHEDULES: dict[str, tuple[datetime.timedelta, Callable[[datetime.datetime], None]]] = {
    "reminders": (datetime.timedelta(hours=1), remind),
    "unsettled attempts": (datetime.timedelta(minutes=1), ask_about_unsettled_attempts),
    "stale tasks": (datetime.timedelta(minutes=1), free_stale_tasks),
    "clearing out": (datetime.timedelta(days=1), clear_out),
}


def _claim(name: str, every: datetime.timedelta, at: datetime.datetime) -> bool:
    schedule = Schedule.objects.filter(name=name).first()
    if schedule is None:
        Schedule.objects.bulk_create([Schedule(name=name, next_run_at=at)], ignore_conflicts=True)
        schedule = Schedule.objects.get(name=name)
    if schedule.next_run_at > at:
        return False
    unclaimed = Schedule.objects.filter(name=name, next_run_at=schedule.next_run_at)
    return unclaimed.update(next_run_at=at + every) == 1


def _run(name: str, run: Callable[[datetime.datetime], None], at: datetime.datetime) -> bool:
    try:
        run(at)
    except Exception:
        logger.exception("schedule %s failed", name)
    return True
