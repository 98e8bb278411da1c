"""What runs by itself, and how often. Safe on several hosts: a run is claimed by moving its next time."""

import datetime
import logging
from collections.abc import Callable
from functools import partial
from typing import Any

from django.core.management import call_command
from django.db.models import Model
from django_tasks_db.models import DBTaskResult

from accounts.actions import (
    alerts,
    api_keys,
    approvals,
    checkpoint_mail,
    clearing,
    factor_resets,
    factors,
    log_retention,
    reviews,
    unused_members,
)
from accounts.errors import AccountsError
from accounts.models import Company
from accounts.queries.alerts import companies_in_trouble
from accounts.queries.api_keys import expiring_keys
from accounts.queries.approvals import expired
from accounts.queries.checkpoint_mail import companies_to_mail
from accounts.queries.factor_resets import due_resets, lapsed_resets
from accounts.queries.reviews import companies_to_remind
from accounts.queries.unused_members import to_suspend, to_warn
from accounts.scoping import in_company
from accounts.session_store import SessionStore
from audit import state, witnessing
from audit.actions import checks
from audit.actors import Actor
from billing.actions import attempts
from billing.gateways import sandbox
from billing.queries.attempts import charges_waited_for, to_ask_about, without_pay_page
from invoiced import retries, statistics
from invoiced.models import Schedule
from portal.models import PortalSession
from security import ratelimit

logger = logging.getLogger(__name__)

STALE = datetime.timedelta(minutes=15)
KEPT = datetime.timedelta(days=30)
BATCHES_AT_A_STRETCH = 20
LOG_TROUBLE = "trouble with the log"
TO_CATCH_UP = datetime.timedelta(minutes=1)

# Who did it, as the logs name them: each process under its own name.
PAYMENTS = Actor.automation("unsettled_attempts", "Follow-up of payments")
ALERTS = Actor.automation("alerts", "Alerts")
CHECKPOINTS = Actor.automation("checkpoint_mail", "Checkpoint mail")
FACTOR_RESETS = Actor.automation("factor_resets", "Follow-up of lost factors")
APPROVALS = Actor.automation("late_approvals", "Follow-up of approvals")
UNUSED_MEMBERS = Actor.automation("unused_members", "Follow-up of unused members")
API_KEYS = Actor.automation("expiring_api_keys", "Expiry of API keys")
REVIEWS = Actor.automation("access_reviews", "Reminder of access reviews")


def run_due(at: datetime.datetime, is_stopping: Callable[[], bool] = lambda: False) -> int:
    """Run every schedule that is due at `at` and that nobody else has claimed, until told to stop; how many ran."""
    next_runs = dict(Schedule.objects.values_list("name", "next_run_at"))
    return sum(
        not is_stopping() and _claim(name, next_runs.get(name), every, at) and _run(name, run, at)
        for name, (every, run) in SCHEDULES.items()
    )


def begin(at: datetime.datetime) -> None:
    """A worker starts. The sealer, which starts with it, has a minute to catch up before anybody is told it is late."""
    first = Schedule(name=LOG_TROUBLE, next_run_at=at + TO_CATCH_UP)
    Schedule.objects.bulk_create([first], ignore_conflicts=True)
    due = Schedule.objects.filter(name=LOG_TROUBLE, next_run_at__lt=first.next_run_at)
    due.update(next_run_at=first.next_run_at)


def remind(at: datetime.datetime) -> None:
    call_command("send_payment_reminders")


def follow_up_attempts(at: datetime.datetime) -> None:
    """A customer who closed the browser, a provider that fell silent: ask until there is an answer."""
    for company in Company.objects.order_by("pk"):
        try:
            with in_company(company):
                _follow_up_attempts_of_company(at)
        except Exception:
            logger.exception("attempts of company %s could not be followed up", company.pk)


def raise_alerts(at: datetime.datetime) -> None:
    """Look through what was sealed since the last time; a long way behind, a stretch of it."""
    for _ in range(BATCHES_AT_A_STRETCH):
        if not alerts.follow(by=ALERTS, at=at):
            return


def tell_of_log_trouble(at: datetime.datetime) -> None:
    """Tell every company what is wrong with the log they share, and that it is over."""
    troubles = [*state.trouble(at), *witnessing.trouble(at)]
    noted = companies_in_trouble()
    if troubles or noted:
        for company in Company.objects.order_by("pk"):
            if troubles or company.pk in noted:
                _follow_up(partial(alerts.tell_of_trouble, troubles=troubles), ALERTS, at, company=company)


def mail_checkpoints(at: datetime.datetime) -> None:
    """Let the log's checkpoint of the day leave, for each company that names addresses for it."""
    for company in companies_to_mail(at):
        _follow_up(checkpoint_mail.mail, CHECKPOINTS, at, company=company)


def free_stale_tasks(at: datetime.datetime) -> None:
    """A worker that was killed leaves its task claimed: that was a try like any other."""
    for task in DBTaskResult.objects.running().filter(started_at__lt=at - STALE):
        retries.again(task, retries.WorkerDied("The worker that ran it ended."), at)


def follow_up_factor_resets(at: datetime.datetime) -> None:
    """Carry out what an administrator agreed to a day ago and nobody stopped; drop what nobody decided about."""
    due = [(factor_resets.carry_out, reset) for reset in due_resets(at)]
    lapsed = [(factor_resets.let_lapse, reset) for reset in lapsed_resets(at - factor_resets.DECIDED_WITHIN)]
    for act, reset in due + lapsed:
        _follow_up(act, FACTOR_RESETS, at, reset=reset)


def end_late_approvals(at: datetime.datetime) -> None:
    """End what waited for a second person and nobody decided in time."""
    for approval in expired(at):
        _follow_up(approvals.expire, APPROVALS, at, approval=approval)


def follow_up_unused_members(at: datetime.datetime) -> None:
    """Warn who has not been in a company for long, and suspend who did not come in spite of it."""
    unused, warned_before = at - unused_members.SUSPENDED_AFTER, at - unused_members.NOTICE
    late = [(unused_members.suspend, member) for member in to_suspend(unused, warned_before)]
    soon = [(unused_members.warn, member) for member in to_warn(at - unused_members.WARNED_AFTER)]
    for act, member in late + soon:
        _follow_up(act, UNUSED_MEMBERS, at, membership=member)


def clear_out(at: datetime.datetime) -> None:
    DBTaskResult.objects.finished().filter(finished_at__lt=at - KEPT).delete()
    SessionStore.clear_expired()
    ratelimit.clear_expired(at)
    clearing.forget_before(at - KEPT)
    clearing.forget_erased()
    factors.forget_unfinished(at)
    PortalSession.objects.filter(seen_at__lt=at - KEPT).delete()
    waited_for: list[str] = []
    for company in Company.objects.order_by("pk"):
        with in_company(company):
            waited_for += charges_waited_for()
    sandbox.forget_undecided(at - KEPT, waited_for)


def tell_of_expiring_keys(at: datetime.datetime) -> None:
    """A week before an API key ends its maker is told, once however often this runs."""
    for key in expiring_keys(at):
        _follow_up(api_keys.tell_of_expiry, API_KEYS, at, key=key)


def remind_of_reviews(at: datetime.datetime) -> None:
    """Tell the administrators, once, where half a year has passed since somebody looked through who has access."""
    for company in companies_to_remind(at):
        _follow_up(reviews.remind, REVIEWS, at, company=company)


SCHEDULES: dict[str, tuple[datetime.timedelta, Callable[[datetime.datetime], None]]] = {
    "reminders": (datetime.timedelta(hours=1), remind),
    "unsettled attempts": (datetime.timedelta(minutes=1), follow_up_attempts),
    "alerts": (datetime.timedelta(seconds=5), raise_alerts),
    LOG_TROUBLE: (datetime.timedelta(minutes=1), tell_of_log_trouble),
    "checkpoint mail": (datetime.timedelta(minutes=15), mail_checkpoints),
    "stale tasks": (datetime.timedelta(minutes=1), free_stale_tasks),
    "factor resets": (datetime.timedelta(minutes=1), follow_up_factor_resets),
    "late approvals": (datetime.timedelta(minutes=1), end_late_approvals),
    "expiring API keys": (datetime.timedelta(days=1), tell_of_expiring_keys),
    "access reviews": (datetime.timedelta(days=1), remind_of_reviews),
    "unused members": (datetime.timedelta(days=1), follow_up_unused_members),
    "log retention": (datetime.timedelta(days=1), log_retention.erase_due),
    "log check": (datetime.timedelta(minutes=1), checks.start),
    "log check pieces": (datetime.timedelta(seconds=15), checks.go_on),
    "planner statistics": (datetime.timedelta(hours=1), statistics.refresh),
    "clearing out": (datetime.timedelta(days=1), clear_out),
}


def _follow_up(act: Callable[..., Any], by: Actor, at: datetime.datetime, **about: Model) -> None:
    """Do one of many things. What goes wrong with it is in the log, and does not keep the others from their turn."""
    [(what, record)] = about.items()
    try:
        act(**about, by=by, at=at)
    except AccountsError as refusal:
        logger.info("%s %s: %s", what, record.pk, refusal)
    except Exception:
        logger.exception("%s %s could not be followed up", what, record.pk)


def _follow_up_attempts_of_company(at: datetime.datetime) -> None:
    for attempt in to_ask_about(at):
        attempts.ask_again(attempt=attempt, at=at)
    for attempt in without_pay_page(at):
        attempts.give_up(attempt=attempt, by=PAYMENTS, at=at)


def _claim(name: str, next_run: datetime.datetime | None, every: datetime.timedelta, at: datetime.datetime) -> bool:
    if next_run is None:
        Schedule.objects.bulk_create([Schedule(name=name, next_run_at=at)], ignore_conflicts=True)
        next_run = Schedule.objects.get(name=name).next_run_at
    if next_run > at:
        return False
    return Schedule.objects.filter(name=name, next_run_at=next_run).update(next_run_at=at + every) == 1


def _run(name: str, run: Callable[[datetime.datetime], None], at: datetime.datetime) -> bool:
    try:
        run(at)
    except Exception:
        logger.exception("schedule %s failed", name)
    return True
