"""What runs by itself runs when it is due, once, wherever the workers are."""

import datetime
import threading
from uuid import uuid4

import pytest
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from accounts.models import KnownDevice, Session, User
from accounts.scoping import in_company
from audit.models import BillingEvent
from billing.actions import attempts
from billing.models import EmailMessage, Invoice, PaymentAttempt, SandboxCharge
from invoiced import schedules
from invoiced.models import Schedule
from invoiced.worker import Worker
from portal.models import Link, PortalSession
from security import ratelimit
from security.models import Tally
from security.ratelimit import Limit
from tests import books, visitors
from tests.portal.conftest import opened
from tests.queue import work
from tests.together import together

AT = timezone.now()
HOUR = datetime.timedelta(hours=1)


@pytest.fixture
def ran(monkeypatch):
    """One schedule, every hour; when it ran."""
    times = []
    monkeypatch.setattr(schedules, "SCHEDULES", {"test": (HOUR, times.append)})
    return times


@pytest.mark.django_db
def test_a_schedule_runs_at_once_and_then_in_its_rhythm(ran):
    second = datetime.timedelta(seconds=1)
    for at in (AT, AT + second, AT + HOUR - second, AT + HOUR, AT + HOUR):
        schedules.run_due(at)
    assert ran == [AT, AT + HOUR]


@pytest.mark.django_db
def test_after_a_long_pause_a_schedule_runs_once_and_does_not_catch_up(ran):
    schedules.run_due(AT)
    assert [schedules.run_due(AT + 30 * HOUR), schedules.run_due(AT + 30 * HOUR)] == [1, 0]


@pytest.mark.django_db
def test_a_schedule_that_fails_stops_no_other_and_runs_again_next_time(monkeypatch, caplog):
    times = []

    def broken(at):
        times.append(at)
        raise ZeroDivisionError

    monkeypatch.setattr(schedules, "SCHEDULES", {"broken": (HOUR, broken), "sound": (HOUR, times.append)})
    assert (schedules.run_due(AT), schedules.run_due(AT + HOUR)) == (2, 2)
    assert times == [AT, AT, AT + HOUR, AT + HOUR]
    assert "schedule broken failed" in caplog.text


@pytest.mark.django_db
def test_a_worker_that_is_told_to_stop_begins_no_further_schedule(monkeypatch):
    worker, ran = Worker(0), []

    def run(at):
        ran.append(at)
        worker.stopping.set()

    monkeypatch.setattr(schedules, "SCHEDULES", {"first": (HOUR, run), "second": (HOUR, run)})
    worker.run_some()
    assert (len(ran), Schedule.objects.get(name__in=["first", "second"]).name) == (1, "first")


@pytest.mark.django_db
def test_a_company_that_fails_does_not_stop_those_after_it(monkeypatch, caplog, settings):
    settings.DEMO = True
    asked = []
    for name in ("Ledger", "Other"):
        company = visitors.company(name)
        with in_company(company):
            started(books.issued(books.customer(company)))

    def give_up(*, attempt, by, at):
        asked.append(attempt.company)
        if len(asked) == 1:
            raise ZeroDivisionError

    monkeypatch.setattr(attempts, "give_up", give_up)
    schedules.follow_up_attempts(AT + HOUR)
    assert [company.name for company in asked] == ["Ledger", "Other"]
    assert f"attempts of company {asked[0].pk} could not be followed up" in caplog.text


@pytest.mark.django_db(transaction=True)
def test_a_schedule_due_on_many_hosts_runs_once(monkeypatch):
    company, lock, times = visitors.company(), threading.Lock(), []

    def run(at):
        with lock:
            times.append(at)

    monkeypatch.setattr(schedules, "SCHEDULES", {"test": (HOUR, run)})
    first = together(company, [lambda: schedules.run_due(AT)] * 4)
    second = together(company, [lambda: schedules.run_due(AT + HOUR)] * 4)
    assert (sorted(first), sorted(second)) == ([0, 0, 0, 1], [0, 0, 0, 1])
    assert times == [AT, AT + HOUR]
    assert Schedule.objects.get().next_run_at == AT + 2 * HOUR


@pytest.mark.django_db
def test_a_customer_who_closed_the_browser_has_paid_all_the_same(company, acme, settings):
    settings.DEMO = True
    invoice = books.issued(acme)
    attempt = started(invoice)
    work()
    SandboxCharge.objects.update(state="approved")
    PaymentAttempt.objects.update(asked_at=AT - HOUR, started_at=AT - HOUR)

    schedules.follow_up_attempts(AT)
    schedules.follow_up_attempts(AT)

    assert DBTaskResult.objects.filter(status="READY").count() == 1
    work()
    attempt.refresh_from_db()
    invoice.refresh_from_db()
    assert (attempt.status, invoice.balance.minor) == ("succeeded", 0)


@pytest.mark.django_db
def test_an_attempt_that_never_got_a_pay_page_is_closed_by_itself(company, acme, settings):
    settings.DEMO = True
    attempt = started(books.issued(acme))
    schedules.follow_up_attempts(AT + HOUR)
    attempt.refresh_from_db()
    event = BillingEvent.objects.get(action="attempt.failed")
    assert (attempt.status, event.actor_type, event.actor_label) == ("failed", "automation", "Follow-up of payments")
    work()
    assert not SandboxCharge.objects.exists()


def started(invoice):
    return attempts.start(
        invoice=invoice, amount=invoice.balance, request_key=uuid4(), gateway="sandbox", by=books.BY, at=AT
    )


@pytest.mark.django_db
def test_reminders_go_out_for_every_company():
    for name in ("Ledger", "Other"):
        company = visitors.company(name)
        with in_company(company):
            day = company.today(timezone.now()) - datetime.timedelta(days=5)
            books.issued(books.customer(company), issue_date=day, due_date=day)
            Invoice.objects.update(sent_at=AT - 100 * HOUR)
    schedules.remind(timezone.now())
    with in_company(company):
        assert EmailMessage.objects.count() == 1
    assert DBTaskResult.objects.count() == 2


@pytest.mark.django_db
def test_finished_tasks_and_dead_sessions_are_cleared_out_and_nothing_else():
    old, new = AT - datetime.timedelta(days=31), AT - datetime.timedelta(days=29)
    for status, finished_at in (("SUCCESSFUL", old), ("FAILED", old), ("SUCCESSFUL", new), ("READY", None)):
        DBTaskResult.objects.create(
            args_kwargs={}, task_path="x", backend_name="default", run_after=AT, status=status, finished_at=finished_at
        )
    Session.objects.create(key_hash="dead", started_at=AT - HOUR, seen_at=AT - HOUR)
    Session.objects.create(key_hash="live", started_at=AT - HOUR, seen_at=AT)
    schedules.clear_out(AT)
    assert sorted(DBTaskResult.objects.values_list("status", flat=True)) == ["READY", "SUCCESSFUL"]
    assert Session.objects.get().key_hash == "live"


@pytest.mark.django_db
def test_visits_that_ended_long_ago_are_cleared_out(acme):
    opened(books.issued(acme), acme.email)
    opened(books.issued(acme), acme.email)
    old, new = PortalSession.objects.order_by("started_at")
    PortalSession.objects.filter(pk=old.pk).update(seen_at=AT - datetime.timedelta(days=31))
    schedules.clear_out(AT)
    assert (PortalSession.objects.get(), Link.objects.count()) == (new, 2)


@pytest.mark.django_db
def test_pay_pages_nobody_completed_are_cleared_out_unless_an_attempt_asks_about_them(acme, settings):
    settings.DEMO = True
    asked_about, settled, paid, fresh = (started(books.issued(acme)) for _ in range(4))
    work()
    SandboxCharge.objects.exclude(idempotency_key=fresh.pk).update(created_at=AT - datetime.timedelta(days=31))
    PaymentAttempt.objects.filter(pk__in=[settled.pk, fresh.pk]).update(status="declined")
    SandboxCharge.objects.filter(idempotency_key=paid.pk).update(state="approved")
    schedules.clear_out(AT)
    kept = set(SandboxCharge.objects.values_list("idempotency_key", flat=True))
    assert kept == {str(one.pk) for one in (asked_about, paid, fresh)}


@pytest.mark.django_db
def test_tries_that_no_longer_count_and_browsers_unused_for_long_are_cleared_out():
    limit = Limit("test", tries=3, period=HOUR)
    ratelimit.take(limit, "old", at=AT - HOUR)
    ratelimit.take(limit, "new", at=AT)
    user = User.objects.create_user("ada@ledger.example", name="Ada", at=AT)
    for number, days in enumerate((431, 429)):
        seen_at = AT - datetime.timedelta(days=days)
        KnownDevice.objects.create(user=user, token_hash=str(number), first_seen_at=seen_at, last_seen_at=seen_at)
    schedules.clear_out(AT)
    assert Tally.objects.get().key == limit.of("new").key
    assert KnownDevice.objects.get().token_hash == "1"
