"""How long receivables have been past due: the five buckets everyone in the trade reads."""

from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

from billing.money import Money


class Bucket(NamedTuple):
    """A range of days past due, both ends included; None is open-ended. On its due date an invoice is current."""

    key: str
    label: str
    first_day: int | None
    last_day: int | None


class DueDates(NamedTuple):
    """The due dates that fall into a bucket, both ends included; None is open-ended."""

    first: date | None
    last: date | None


BUCKETS = (
    Bucket("current", "Current", None, 0),
    Bucket("days_1_30", "1-30 days", 1, 30),
    Bucket("days_31_60", "31-60 days", 31, 60),
    Bucket("days_61_90", "61-90 days", 61, 90),
    Bucket("over_90", "Over 90 days", 91, None),
)


def bucket(due_date: date, as_of: date) -> Bucket:
    """Where an amount due that day stands as of a day."""
    days_past_due = (as_of - due_date).days
    return next(bucket for bucket in BUCKETS if bucket.last_day is None or days_past_due <= bucket.last_day)


def age(rows: Iterable[tuple[date, Money]], as_of: date) -> dict[str, dict[str, Money]]:
    """Sums of (due date, balance due) by currency and bucket key; every bucket is there, empty ones as zero."""
    sums: dict[str, dict[str, Money]] = {}
    for due_date, balance_due in rows:
        currency = balance_due.currency
        if currency not in sums:
            sums[currency] = {bucket.key: Money.zero(currency) for bucket in BUCKETS}
        sums[currency][bucket(due_date, as_of).key] += balance_due
    return sums


def bounds(as_of: date) -> dict[str, DueDates]:
    """The due dates of each bucket as of a day, by bucket key, for a database filter."""
    return {
        bucket.key: DueDates(first=_days_before(as_of, bucket.last_day), last=_days_before(as_of, bucket.first_day))
        for bucket in BUCKETS
    }


def _days_before(as_of: date, days: int | None) -> date | None:
    """That many days earlier, or the first day there is: nothing is owed since before the calendar."""
    return None if days is None else date.fromordinal(max(as_of.toordinal() - days, date.min.toordinal()))
