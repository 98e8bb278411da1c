"""Everything a person wants to know about one payment, read once and written out."""

import datetime
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from audit import queries as logs
from billing import formats
from billing.models import Allocation, EmailMessage, Invoice, Payment


@dataclass(frozen=True, slots=True)
class UseRow:
    id: UUID
    invoice_id: UUID
    number: str
    amount: str
    allocated_at: datetime.datetime
    released_at: datetime.datetime | None
    is_releasable: bool


@dataclass(frozen=True, slots=True)
class PaymentPage:
    payment: Payment
    amount: str
    unapplied: str
    received: str
    uses: list[UseRow]
    emails: list[EmailMessage]
    entries: list[Any]

    @property
    def has_rest(self) -> bool:
        return bool(self.payment.unapplied)


def payment_page(payment: Payment) -> PaymentPage:
    allocations = payment.allocations.select_related("invoice").order_by("-allocated_at", "-pk")
    emails = list(payment.emails.order_by("-queued_at", "-pk"))
    return PaymentPage(
        payment=payment,
        amount=formats.money(payment.amount),
        unapplied=formats.money(payment.unapplied),
        received=formats.day(payment.received_date),
        uses=[_use(one) for one in allocations],
        emails=emails,
        entries=logs.histories({"payment": [payment.pk], "emailmessage": [one.pk for one in emails]}),
    )


def _use(allocation: Allocation) -> UseRow:
    return UseRow(
        id=allocation.pk,
        invoice_id=allocation.invoice_id,
        number=str(allocation.invoice),
        amount=formats.money(allocation.amount),
        allocated_at=allocation.allocated_at,
        released_at=allocation.released_at,
        is_releasable=not allocation.released_at and allocation.invoice.status != Invoice.Status.WRITTEN_OFF,
    )
