"""What staff tell each other. Notes are only added."""

import datetime

from django.db import transaction

from audit import log
from audit.actors import Actor
from billing import events
from billing.models import Customer, Invoice, Note


@transaction.atomic
def create(*, customer: Customer, text: str, by: Actor, at: datetime.datetime, invoice: Invoice | None = None) -> Note:
    """Write a note on a customer, or on one of its invoices."""
    note = Note(
        company_id=customer.company_id,
        customer=customer,
        invoice=invoice,
        text=text,
        author_label=by.label,
        written_at=at,
    )
    note.save(force_insert=True)
    log.record(
        events.NOTE_WRITTEN, target=note, by=by, at=at, subject=f"invoice {invoice}" if invoice else customer.name
    )
    return note
