"""What is open, by how long it has been due: one pass over the open invoices, whatever is asked about them.

On PostgreSQL the index of the open invoices holds all it reads (migration 0004).
"""

import datetime
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from django.db.models import Count, QuerySet, Sum

from billing.aging import BUCKETS, bounds, bucket
from billing.models import Invoice
from billing.queries.balances import written

SOON = datetime.timedelta(days=7)
LATE = datetime.timedelta(days=30)


class Day(NamedTuple):
    """The open invoices of one currency that are due on one day."""

    balance: int
    invoices: int
    disputed: int


@dataclass(slots=True)
class Aging:
    """The open invoices of one currency, in minor units."""

    currency: str
    buckets: dict[str, int] = field(default_factory=lambda: {bucket.key: 0 for bucket in BUCKETS})
    count: int = 0
    overdue: int = 0
    overdue_count: int = 0
    late: int = 0
    late_count: int = 0
    due_soon: int = 0
    due_soon_count: int = 0
    disputed_count: int = 0

    @property
    def total(self) -> int:
        return sum(self.buckets.values())

    def add(self, due_date: datetime.date, as_of: datetime.date, day: Day) -> None:
        """Count in the invoices due on one day."""
        self.buckets[bucket(due_date, as_of).key] += day.balance
        self.count += day.invoices
        self.disputed_count += day.disputed
        if due_date < as_of:
            self.overdue += day.balance
            self.overdue_count += day.invoices
        if due_date < as_of - LATE:
            self.late += day.balance
            self.late_count += day.invoices
        if as_of <= due_date <= as_of + SOON:
            self.due_soon += day.balance
            self.due_soon_count += day.invoices


@dataclass(frozen=True, slots=True)
class Bar:
    """One line of the aging chart: `share` of the total in percent, `step` the depth of its colour."""

    label: str
    amount: str
    share: int
    step: int
    url: str


def aging(invoices: QuerySet[Invoice], as_of: datetime.date) -> dict[str, Aging]:
    """The open ones among the invoices, by currency. The database sums up each day, of which there are never many."""
    days = (
        invoices.open()
        .order_by()
        .values_list("currency", "due_date")
        .annotate(sum=Sum("balance"), count=Count("*"), disputed=Count("disputed_at"))
    )
    found: dict[str, Aging] = {}
    for currency, due_date, *sums in days:
        found.setdefault(currency, Aging(currency)).add(due_date, as_of, Day(*sums))
    return found


def bars(found: Aging, as_of: datetime.date, list_url: str) -> list[Bar]:
    """The chart; each line leads to its invoices in the list at `list_url`, which already narrows to the currency."""
    days = bounds(as_of)
    return [
        Bar(
            label=one.label,
            amount=written(found.buckets[one.key], found.currency),
            share=_share(found.buckets[one.key], found.total),
            step=step,
            url=f"{list_url}{_due(days[one.key])}",
        )
        for step, one in enumerate(BUCKETS)
    ]


def _share(part: int, total: int) -> int:
    """Percent, rounded up: what is there can be seen."""
    return -(-100 * part // total) if total else 0


def _due(days: Any) -> str:
    ends = (("due_from", days.first), ("due_to", days.last))
    return "".join(f"&{name}={day.isoformat()}" for name, day in ends if day)
