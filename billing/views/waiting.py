"""What needs doing first, each with the way to it."""

import datetime
from collections.abc import Iterable
from typing import NamedTuple
from urllib.parse import urlencode

from django.urls import reverse

from accounts.access import Access
from accounts.permissions import Permission
from billing.queries.aging import LATE
from billing.queries.balances import written
from billing.queries.dashboard import Standing, Waiting
from billing.queries.keyset import COUNTED

AMOUNTS_SHOWN = 2


class Task(NamedTuple):
    number: int
    one: str
    many: str
    kind: str
    icon: str
    url: str | None
    amount: str = ""

    @property
    def text(self) -> str:
        if self.number == 1:
            return self.one
        return self.many.format(f"{COUNTED:,}+" if self.number > COUNTED else f"{self.number:,}")


def tasks(access: Access, standings: list[Standing], waiting: Waiting, as_of: datetime.date) -> list[Task]:
    """The most urgent first; nothing that is not there."""
    late_until = as_of - LATE - datetime.timedelta(days=1)
    candidates = [
        Task(
            waiting.mails_failed,
            "1 e-mail could not be sent",
            "{} e-mails could not be sent",
            "bad",
            "mail",
            _log(access, "email.failed"),
        ),
        Task(
            waiting.payments_failed,
            "1 online payment failed this week",
            "{} online payments failed this week",
            "bad",
            "circle-alert",
            _log(access, "attempt.failed"),
        ),
        Task(
            sum(standing.open.late_count for standing in standings),
            f"1 invoice is more than {LATE.days} days late",
            f"{{}} invoices are more than {LATE.days} days late",
            "bad",
            "clock",
            _invoices(status="overdue", due_to=late_until.isoformat()),
            _together((standing.currency, standing.open.late) for standing in standings),
        ),
        Task(
            sum(standing.open.disputed_count for standing in standings),
            "1 invoice is disputed",
            "{} invoices are disputed",
            "warn",
            "message-square",
            _invoices(status="disputed"),
        ),
        Task(
            sum(standing.balances.customers_with_credit for standing in standings),
            "1 customer has an unapplied credit",
            "{} customers have an unapplied credit",
            "warn",
            "hand-coins",
            f"{reverse('billing:customer_list')}?show=credit",
            _together((standing.currency, standing.balances.credit) for standing in standings),
        ),
        Task(
            waiting.payments_pending,
            "1 online payment is under way",
            "{} online payments are under way",
            "info",
            "credit-card",
            _invoices(status="pending"),
        ),
        Task(
            waiting.drafts,
            "1 draft waits to be issued",
            "{} drafts wait to be issued",
            "info",
            "file-text",
            _invoices(status="draft"),
        ),
    ]
    return [task for task in candidates if task.number]


def _together(sums: Iterable[tuple[str, int]]) -> str:
    """Amounts of several currencies beside each other, as many as fit."""
    amounts = [written(minor, currency) for currency, minor in sums if minor]
    more = len(amounts) - AMOUNTS_SHOWN
    return " · ".join(amounts[:AMOUNTS_SHOWN]) + (f" and {more} more" if more > 0 else "")


def _invoices(**filters: str) -> str:
    return f"{reverse('billing:invoice_list')}?{urlencode(filters)}"


def _log(access: Access, action: str) -> str | None:
    return f"{reverse('audit:billing_log')}?action={action}" if access.can(Permission.AUDIT_VIEW) else None
