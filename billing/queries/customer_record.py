"""What the page of one customer shows: where it stands, what is open, what came in, what was noted."""

import datetime
from typing import Any, NamedTuple
from urllib.parse import urlencode
from uuid import UUID

from django.db.models import QuerySet

from billing import formats
from billing.models import Customer, Invoice, Note, Payment
from billing.queries.aging import Aging, Bar, aging, bars
from billing.queries.balances import Balance, balances_of, written
from billing.statuses import SHOWN_STATUSES

OPEN_SHOWN = 10
DRAFTS_SHOWN = 5
PAYMENTS_SHOWN = 5
NOTES_SHOWN = 20


class Standing(NamedTuple):
    """Where a customer stands in one currency."""

    balance: Balance
    overdue: str
    bars: list[Bar]
    url: str


class OpenInvoice(NamedTuple):
    id: UUID
    number: str
    due: str
    due_iso: str
    away: str
    status: str
    status_word: str
    balance: str


class ReceivedPayment(NamedTuple):
    id: UUID
    number: str
    received: str
    received_iso: str
    method: str
    amount: str
    unapplied: str
    reversed: bool


def account(customer: Customer, as_of: datetime.date, list_url: str) -> list[Standing]:
    """Its standing in each currency in which something is open, its own currency first."""
    aged = aging(Invoice.objects.filter(customer=customer), as_of)
    found = []
    for balance in balances_of(customer.pk, customer.currency):
        open_now = aged.get(balance.currency) or Aging(balance.currency)
        query = urlencode({"customer": customer.pk, "status": "open", "currency": balance.currency})
        url = f"{list_url}?{query}"
        overdue = written(open_now.overdue, balance.currency) if open_now.overdue else ""
        found.append(Standing(balance, overdue, bars(open_now, as_of, url) if open_now.count else [], url))
    return found


def open_invoices(invoices: QuerySet[Invoice], customer: Customer, as_of: datetime.date) -> list[OpenInvoice]:
    """What is open, the oldest first, and the drafts after it."""
    rows = invoices.filter(customer=customer)
    oldest = list(rows.open().order_by("due_date", "pk")[:OPEN_SHOWN])
    drafts = list(rows.drafts().order_by("issue_date", "pk")[:DRAFTS_SHOWN])
    return [_open_invoice(invoice, as_of) for invoice in [*oldest, *drafts]]


def recent_payments(payments: QuerySet[Payment], customer: Customer) -> list[ReceivedPayment]:
    rows = payments.filter(customer=customer).order_by("-received_date", "-pk")[:PAYMENTS_SHOWN]
    return [
        ReceivedPayment(
            id=payment.pk,
            number=payment.number,
            received=formats.day(payment.received_date),
            received_iso=payment.received_date.isoformat(),
            method=payment.get_method_display(),
            amount=formats.money(payment.amount),
            unapplied=formats.money(payment.unapplied) if payment.unapplied else "",
            reversed=payment.reversed_at is not None,
        )
        for payment in rows
    ]


def notes(customer: Customer) -> QuerySet[Note, Any]:
    """The latest notes on the customer and its invoices."""
    return customer.notes.select_related("invoice").order_by("-written_at", "-pk")[:NOTES_SHOWN]


def _open_invoice(invoice: Invoice, as_of: datetime.date) -> OpenInvoice:
    status = invoice.shown_status(as_of)
    is_draft = invoice.status == Invoice.Status.DRAFT
    return OpenInvoice(
        id=invoice.pk,
        number=invoice.number or "Draft",
        due=formats.day(invoice.due_date),
        due_iso=invoice.due_date.isoformat(),
        away=formats.away(invoice.due_date, as_of),
        status=status,
        status_word=SHOWN_STATUSES[status],
        balance=formats.money(invoice.total if is_draft else invoice.balance),
    )
