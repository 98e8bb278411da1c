"""What the business stands at today: sums by currency, never added across currencies, and what waits for somebody.

Every function takes the rows its reader may see.
"""

import datetime
from typing import NamedTuple
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet, Sum

from billing.models import CustomerBalance, EmailMessage, Invoice, Payment, PaymentAttempt
from billing.queries.aging import Aging, aging
from billing.queries.balances import Outstanding, outstanding, written
from billing.queries.keyset import COUNTED

DEBTORS_SHOWN = 5


class Standing(NamedTuple):
    """Where the receivables of one currency stand."""

    currency: str
    open: Aging
    balances: Outstanding
    collected: int


class Debtor(NamedTuple):
    id: UUID
    name: str
    owed: str


class Waiting(NamedTuple):
    """How many of each wait for somebody; counted as far as counting is cheap."""

    drafts: int
    mails_failed: int
    payments_pending: int
    payments_failed: int


def standings(
    balances: QuerySet[CustomerBalance],
    invoices: QuerySet[Invoice],
    payments: QuerySet[Payment],
    first: str,
    as_of: datetime.date,
) -> list[Standing]:
    """Every currency in which something is owed or came in this month, `first` always and first."""
    owed, aged, came_in = outstanding(balances), aging(invoices, as_of), collected(payments, as_of.replace(day=1))
    standing_in = {currency for currency, sums in owed.items() if sums.receivable or sums.credit} | {*aged, *came_in}
    return [
        Standing(
            currency,
            aged.get(currency) or Aging(currency),
            owed.get(currency) or Outstanding(currency, 0, 0, 0, 0),
            came_in.get(currency, 0),
        )
        for currency in [first, *sorted(standing_in - {first})]
    ]


def collected(payments: QuerySet[Payment], since: datetime.date) -> dict[str, int]:
    """What arrived since a day and stayed, by currency."""
    rows = payments.filter(received_date__gte=since, reversed_at__isnull=True).order_by()
    return dict(rows.values_list("currency").annotate(Sum("amount")))


def waiting(
    invoices: QuerySet[Invoice],
    mails: QuerySet[EmailMessage],
    attempts: QuerySet[PaymentAttempt],
    since: datetime.datetime,
) -> Waiting:
    """What somebody should look at; payments that failed only as far back as `since`."""
    return Waiting(
        drafts=_count(invoices.drafts()),
        mails_failed=_count(_still_failed(mails)),
        payments_pending=_count(attempts.filter(status=PaymentAttempt.Status.PENDING)),
        payments_failed=_count(attempts.filter(status=PaymentAttempt.Status.FAILED, started_at__gte=since)),
    )


def _still_failed(mails: QuerySet[EmailMessage]) -> QuerySet[EmailMessage]:
    """Letters that could not be sent and still matter: nothing like them was sent since, and the invoice is owed."""
    later = EmailMessage.objects.filter(
        kind=OuterRef("kind"), customer=OuterRef("customer"), queued_at__gt=OuterRef("queued_at")
    ).exclude(status=EmailMessage.Status.FAILED)
    again = later.filter(Q(invoice=OuterRef("invoice")) | Q(payment=OuterRef("payment")))
    matters = Q(invoice__isnull=True) | Q(invoice__status=Invoice.Status.ISSUED, invoice__balance__gt=0)
    return mails.filter(matters, status=EmailMessage.Status.FAILED).exclude(Exists(again))


def debtors(balances: QuerySet[CustomerBalance], currency: str) -> list[Debtor]:
    """Who owes the most in a currency."""
    rows = balances.filter(currency=currency, receivable__gt=0).order_by("-receivable")
    named = rows.values_list("customer_id", "customer__name", "receivable")[:DEBTORS_SHOWN]
    return [Debtor(id, name, written(minor, currency)) for id, name, minor in named]


def _count(rows: QuerySet) -> int:
    return rows.order_by()[: COUNTED + 1].count()
