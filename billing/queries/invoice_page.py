"""Everything a person wants to know about one invoice, read once and written out."""

import datetime
from dataclasses import dataclass
from typing import Any

from django.db.models import prefetch_related_objects

from accounts.access import Access
from audit import queries as logs
from billing import formats
from billing.models import Allocation, EmailMessage, Invoice, Note, Payment, PaymentAttempt
from billing.statuses import SHOWN_STATUSES

Status = Invoice.Status
FAILED = EmailMessage.Status.FAILED


@dataclass(frozen=True, slots=True)
class AllocationRow:
    id: Any
    payment: Payment
    received: str
    method: str
    amount: str
    is_live: bool
    word: str


@dataclass(frozen=True, slots=True)
class EmailRow:
    id: Any
    kind: str
    recipient: str
    status: str
    status_word: str
    failure: str
    at: datetime.datetime
    has_failed: bool


@dataclass(frozen=True, slots=True)
class AttemptRow:
    gateway: str
    who: str
    amount: str
    status: str
    status_word: str
    failure: str
    at: datetime.datetime


@dataclass(frozen=True, slots=True)
class InvoicePage:
    """An invoice with its parts, and which acts its state allows."""

    invoice: Invoice
    status: str
    status_word: str
    due: str
    issued: str
    when: str
    days_late: int
    amount_due: str
    credit: Payment | None
    allocations: list[AllocationRow]
    emails: list[EmailRow]
    attempts: list[AttemptRow]
    notes: list[Note]
    entries: list[Any]

    @property
    def credit_words(self) -> str:
        return (
            f"{formats.money(self.credit.unapplied)} of payment {self.credit} is not used yet." if self.credit else ""
        )

    @property
    def credit_query(self) -> str:
        """Names this invoice to the page of that payment."""
        return f"?invoice={self.invoice.pk}"

    @property
    def is_draft(self) -> bool:
        return self.invoice.status == Status.DRAFT

    @property
    def is_issued(self) -> bool:
        return self.invoice.status == Status.ISSUED

    @property
    def is_payable(self) -> bool:
        return self.is_issued and bool(self.invoice.balance)

    @property
    def is_voidable(self) -> bool:
        return self.is_issued and not self.invoice.amount_paid and not self.invoice.pending_at

    @property
    def is_written_off(self) -> bool:
        return self.invoice.status == Status.WRITTEN_OFF

    @property
    def has_lines(self) -> bool:
        return bool(self.invoice.lines.all())

    @property
    def was_sent(self) -> bool:
        """Sent, or on its way."""
        waiting = any(email.status == EmailMessage.Status.QUEUED for email in self.emails)
        return waiting or self.invoice.sent_at is not None


def load_document(invoice: Invoice) -> None:
    """Read what the document of the invoice shows, so that printing it asks for nothing more."""
    prefetch_related_objects([invoice], "lines", "adjustments", "taxes", "allocations__payment")


def invoice_page(access: Access, invoice: Invoice, as_of: datetime.date) -> InvoicePage:
    """The page as this reader may see it: a draft may have been somebody else's before."""
    load_document(invoice)
    emails = list(invoice.emails.order_by("-queued_at", "-pk"))
    attempts = list(invoice.attempts.order_by("-started_at", "-pk"))
    allocations = sorted(invoice.allocations.all(), key=lambda one: one.allocated_at, reverse=True)
    notes = list(access.visible(Note).filter(invoice=invoice).order_by("-written_at", "-pk"))
    shown = invoice.shown_status(as_of)
    return InvoicePage(
        invoice=invoice,
        status=shown,
        status_word=SHOWN_STATUSES[shown],
        due=formats.day(invoice.due_date),
        issued=formats.day(invoice.issue_date),
        when=formats.away(invoice.due_date, as_of),
        days_late=(as_of - invoice.due_date).days if invoice.status == Status.ISSUED and invoice.balance else 0,
        amount_due=formats.money(invoice.balance),
        credit=_credit(invoice),
        allocations=[_allocation(one) for one in allocations],
        emails=[_email(one) for one in emails],
        attempts=[_attempt(one) for one in attempts],
        notes=notes,
        entries=logs.histories(
            {
                "invoice": [invoice.pk],
                "payment": {one.payment_id for one in allocations},
                "paymentattempt": [one.pk for one in attempts],
                "emailmessage": [one.pk for one in emails],
                "note": [one.pk for one in notes],
            },
            access.visible_customer_ids(),
        ),
    )


def _credit(invoice: Invoice) -> Payment | None:
    """The oldest payment of the customer that could still pay something of it."""
    if not invoice.balance:
        return None
    unused = Payment.objects.filter(customer=invoice.customer_id, currency=invoice.currency, unapplied__gt=0)
    return unused.order_by("received_date", "pk").first()


def _allocation(allocation: Allocation) -> AllocationRow:
    payment = allocation.payment
    word = "Reversed" if payment.reversed_at else "Released" if allocation.released_at else ""
    return AllocationRow(
        id=allocation.pk,
        payment=payment,
        received=formats.day(payment.received_date),
        method=payment.get_method_display(),
        amount=formats.money(allocation.amount),
        is_live=allocation.released_at is None,
        word=word,
    )


def _email(email: EmailMessage) -> EmailRow:
    return EmailRow(
        id=email.pk,
        kind=email.get_kind_display(),
        recipient=email.recipient,
        status=email.status,
        status_word=email.get_status_display(),
        failure=email.failure,
        at=email.sent_at or email.queued_at,
        has_failed=email.status == FAILED,
    )


def _attempt(attempt: PaymentAttempt) -> AttemptRow:
    return AttemptRow(
        gateway=attempt.gateway,
        who=attempt.actor_label,
        amount=formats.money(attempt.amount),
        status=attempt.status,
        status_word=attempt.get_status_display(),
        failure=attempt.failure,
        at=attempt.settled_at or attempt.started_at,
    )
