"""Asking to be paid."""

import datetime

from django.db import transaction

from audit import log
from audit.actors import Actor
from billing import emails, events, locks
from billing.errors import ReminderRefused
from billing.models import EmailMessage, Invoice, Reminder
from billing.queries.recipients import recipients_of


@transaction.atomic
def send_reminder(*, invoice: Invoice, step: str, by: Actor, at: datetime.datetime) -> Reminder:
    """Mail one reminder of one step; a step goes out once for an invoice."""
    invoice = locks.invoice(invoice.pk)
    if invoice.status != Invoice.Status.ISSUED or not invoice.balance:
        raise ReminderRefused(f"Nothing is left to pay on {invoice}.")
    if invoice.disputed_at or invoice.pending_at:
        why = "is disputed" if invoice.disputed_at else "has a payment under way"
        raise ReminderRefused(f"{invoice} {why}. A reminder would come at the wrong time.")
    if invoice.reminders.filter(step=step).exists():
        raise ReminderRefused(f"This reminder of {invoice} went out already.")
    to = recipients_of(invoice)
    if not to:
        raise ReminderRefused(f"{invoice.customer} has no e-mail address.")
    name, address = to[0]
    email = emails.queue(
        EmailMessage.Kind.REMINDER, to=address, name=name, customer=invoice.customer, invoice=invoice, by=by, at=at
    )
    reminder = Reminder(company_id=invoice.company_id, invoice=invoice, step=step, email=email, sent_at=at)
    reminder.save(force_insert=True)
    log.record(
        events.REMINDER_SENT,
        target=invoice,
        by=by,
        at=at,
        recipient=address,
        step=reminder.get_step_display(),
    )
    return reminder
