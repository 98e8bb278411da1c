import datetime

import pytest
import time_machine
from django.core.management import call_command
from django.core.management.base import CommandError

from audit import log
from audit.models import BillingEvent
from billing.actions import dunning, invoices
from billing.errors import ReminderRefused
from billing.models import EmailMessage, Invoice, Reminder, Seller
from billing.queries.reminders import due_reminders
from tests import books, visitors

pytestmark = pytest.mark.django_db
AT = books.AT
DAY = datetime.timedelta(days=1)
STEP = Reminder.Step
COMMAND = "billing.management.commands.send_payment_reminders"


@pytest.fixture
def invoice(acme):
    """Sent, and due 30 days after TODAY."""
    made = books.issued(acme)
    Invoice.objects.filter(pk=made.pk).update(sent_at=AT)
    return made


def remind(invoice, step=STEP.AFTER_DUE):
    return dunning.send_reminder(invoice=invoice, step=step, by=books.BY, at=AT)


def due_on(day):
    at = datetime.datetime.combine(day, datetime.time(9), tzinfo=datetime.UTC)
    return [(invoice.number, step) for invoice, step in due_reminders(day, at)]


def test_a_reminder_writes_its_row_its_letter_and_its_entry(invoice):
    reminder = remind(invoice)
    email = EmailMessage.objects.get()
    assert (reminder.step, reminder.email) == ("after_due", email)
    assert (email.kind, email.recipient, email.status) == ("reminder", "acme@customer.example", "queued")
    event = BillingEvent.objects.get(action="reminder.sent")
    assert (event.object_label, event.data) == (
        invoice.number,
        {"recipient": "acme@customer.example", "step": "3 days after it was due"},
    )


def test_a_step_goes_out_once(invoice):
    remind(invoice)
    with pytest.raises(ReminderRefused, match="went out already"):
        remind(invoice)
    assert EmailMessage.objects.count() == 1


def test_what_is_paid_void_or_in_doubt_is_not_reminded_of(acme):
    void, paid, disputed, pending = (books.issued(acme) for _ in range(4))
    invoices.void(invoice=void, reason="wrong", by=books.BY, at=AT)
    books.paid(paid)
    invoices.dispute(invoice=disputed, reason="late", by=books.BY, at=AT)
    Invoice.objects.filter(pk=pending.pk).update(pending_at=AT)
    for invoice in (void, paid, disputed, pending):
        with pytest.raises(ReminderRefused):
            remind(invoice)
    assert not EmailMessage.objects.exists()


def test_a_customer_without_an_address_cannot_be_reminded(company):
    nameless = books.issued(books.customer(company, email=""))
    with pytest.raises(ReminderRefused, match="has no e-mail address"):
        remind(nameless)


def test_no_reminder_without_its_entry(invoice, monkeypatch):
    def broken(*args, **kwargs):
        raise RuntimeError("no log")

    monkeypatch.setattr(log, "record", broken)
    with pytest.raises(RuntimeError, match="no log"):
        remind(invoice)
    assert (Reminder.objects.count(), EmailMessage.objects.count()) == (0, 0)


def test_each_step_is_due_in_its_days_and_no_others(invoice):
    due = invoice.due_date
    steps = {days: due_on(due + days * DAY) for days in (-4, -3, 0, 1, 2, 3, 13, 14, 43, 44)}
    number = invoice.number
    assert steps == {
        -4: [],
        -3: [(number, "before_due")],
        0: [(number, "before_due")],
        1: [],
        2: [],
        3: [(number, "after_due")],
        13: [(number, "after_due")],
        14: [(number, "late")],
        43: [(number, "late")],
        44: [],
    }


@pytest.mark.parametrize(
    "change",
    [
        {"sent_at": None},
        {"disputed_at": AT},
        {"pending_at": AT},
        {"sent_at": datetime.datetime(2026, 4, 17, tzinfo=datetime.UTC)},
    ],
    ids=["never sent", "disputed", "payment under way", "sent the day before"],
)
def test_some_invoices_are_left_alone(invoice, change):
    Invoice.objects.update(**change)
    assert due_on(invoice.due_date + 3 * DAY) == []


def test_a_company_that_sends_no_reminders_sends_none(invoice):
    Seller.objects.update(reminders_enabled=False)
    assert due_on(invoice.due_date + 3 * DAY) == []


def test_where_nobody_can_be_written_to_nothing_is_due(invoice):
    day = invoice.due_date + 3 * DAY
    invoice.customer.email = ""
    invoice.customer.save()
    assert due_on(day) == []

    receives = books.contact(invoice.customer)
    assert due_on(day) == [(invoice.number, "after_due")]
    receives.is_primary = False
    receives.save()
    assert due_on(day) == []

    Invoice.objects.update(contact=receives)
    assert due_on(day) == [(invoice.number, "after_due")]
    receives.archived_at = AT
    receives.save()
    assert due_on(day) == []


def test_two_reminders_are_three_days_apart(invoice):
    Reminder.objects.create(
        company_id=invoice.company_id,
        invoice=invoice,
        step=STEP.BEFORE_DUE,
        email=remind(invoice, STEP.LATE).email,
        sent_at=AT + 32 * DAY,
    )
    assert due_on(invoice.due_date + 3 * DAY) == []
    assert due_on(invoice.due_date + 6 * DAY) == [(invoice.number, "after_due")]


def test_the_command_sends_what_is_due_once(invoice, capsys):
    with time_machine.travel(AT + 35 * DAY):
        for said in ("1 sent, 0 skipped, 0 failed", "0 sent, 0 skipped, 0 failed"):
            call_command("send_payment_reminders")
            assert said in capsys.readouterr().out
    assert EmailMessage.objects.filter(kind="reminder").count() == 1
    assert BillingEvent.objects.get(action="reminder.sent").actor_type == "automation"


def test_a_reminder_that_is_refused_meanwhile_is_no_failure(invoice, capsys, monkeypatch):
    invoices.dispute(invoice=invoice, reason="late", by=books.BY, at=AT)
    monkeypatch.setattr(f"{COMMAND}.due_reminders", lambda as_of, at: [(invoice, STEP.AFTER_DUE)])
    call_command("send_payment_reminders")
    assert "0 sent, 1 skipped, 0 failed" in capsys.readouterr().out


def test_a_company_that_fails_does_not_keep_the_others_from_sending(invoice, capsys, monkeypatch):
    visitors.company("After")
    asked = []

    def due(as_of, at):
        asked.append(as_of)
        if len(asked) == 1:
            raise LookupError("its books cannot be read")
        return [(invoice, STEP.AFTER_DUE)]

    monkeypatch.setattr(f"{COMMAND}.due_reminders", due)
    monkeypatch.setattr(f"{COMMAND}.dunning.send_reminder", lambda **details: None)
    with pytest.raises(CommandError, match="1 failed"):
        call_command("send_payment_reminders")
    assert "1 sent, 0 skipped, 1 failed" in capsys.readouterr().out
