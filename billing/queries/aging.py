"""What is open, by how long it has been due: one pass over the open invoices, whatever is asked about them."""

import datetime
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q, QuerySet, Sum

from billing.aging import BUCKETS, bounds
from billing.models import Invoice
from billing.queries.balances import written

SOON = datetime.timedelta(days=7)
LATE = datetime.timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Aging:
    """The open invoices of one currency, in minor units."""

    currency: str
    buckets: dict[str, int]
    count: int
    overdue: int
    overdue_count: int
    late_count: int
    due_soon: int
    due_soon_count: int
    disputed_count: int

    @property
    def total(self) -> int:
        return sum(self.buckets.values())

    @property
    def late(self) -> int:
        """Overdue by more than `LATE`."""
        return self.overdue - self.buckets["days_1_30"]


@dataclass(frozen=True, slots=True)
class Bar:
    """One line of the aging chart: `share` of the total in percent, `step` the depth of its colour."""

    label: str
    amount: str
    share: int
    step: int
    url: str


def aging(invoices: QuerySet[Invoice], as_of: datetime.date) -> dict[str, Aging]:
    """The open ones among the invoices, by currency."""
    overdue, soon = Q(due_date__lt=as_of), Q(due_date__range=(as_of, as_of + SOON))
    sums = {key: Sum("balance", filter=within, default=0) for key, within in _within(as_of).items()}
    rows = (
        invoices.open()
        .order_by()
        .values("currency")
        .annotate(
            **sums,
            count=Count("pk"),
            overdue=Sum("balance", filter=overdue, default=0),
            overdue_count=Count("pk", filter=overdue),
            late_count=Count("pk", filter=Q(due_date__lt=as_of - LATE)),
            due_soon=Sum("balance", filter=soon, default=0),
            due_soon_count=Count("pk", filter=soon),
            disputed_count=Count("pk", filter=Q(disputed_at__isnull=False)),
        )
    )
    return {row["currency"]: _aging(row) for row in rows}


def nothing_open(currency: str) -> Aging:
    return Aging(currency, {bucket.key: 0 for bucket in BUCKETS}, 0, 0, 0, 0, 0, 0, 0)


def bars(found: Aging, as_of: datetime.date, list_url: str) -> list[Bar]:
    """The chart; each line leads to its invoices in the list at `list_url`, which already narrows to the currency."""
    days = bounds(as_of)
    return [
        Bar(
            label=bucket.label,
            amount=written(found.buckets[bucket.key], found.currency),
            share=_share(found.buckets[bucket.key], found.total),
            step=step,
            url=f"{list_url}{_due(days[bucket.key])}",
        )
        for step, bucket in enumerate(BUCKETS)
    ]


def _share(part: int, total: int) -> int:
    """Percent, rounded up: what is there can be seen."""
    return -(-100 * part // total) if total else 0


def _within(as_of: datetime.date) -> dict[str, Q]:
    return {key: _between(days.first, days.last) for key, days in bounds(as_of).items()}


def _between(first: datetime.date | None, last: datetime.date | None) -> Q:
    after = Q(due_date__gte=first) if first else Q()
    return after & Q(due_date__lte=last) if last else after


def _due(days: Any) -> str:
    ends = (("due_from", days.first), ("due_to", days.last))
    return "".join(f"&{name}={day.isoformat()}" for name, day in ends if day)


def _aging(row: dict[str, Any]) -> Aging:
    buckets = {bucket.key: row.pop(bucket.key) for bucket in BUCKETS}
    return Aging(buckets=buckets, **row)
