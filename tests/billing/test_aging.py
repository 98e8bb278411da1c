from datetime import date, timedelta

import pytest

from billing.aging import BUCKETS, DueDates, age, bounds, bucket
from billing.money import Money

AS_OF = date(2026, 3, 31)


def test_buckets_cover_every_day_once():
    assert [(bucket.key, bucket.label, bucket.first_day, bucket.last_day) for bucket in BUCKETS] == [
        ("current", "Current", None, 0),
        ("days_1_30", "1-30 days", 1, 30),
        ("days_31_60", "31-60 days", 31, 60),
        ("days_61_90", "61-90 days", 61, 90),
        ("over_90", "Over 90 days", 91, None),
    ]


@pytest.mark.parametrize(
    ("days_past_due", "key"),
    [
        (-1000, "current"),
        (-1, "current"),
        (0, "current"),
        (1, "days_1_30"),
        (30, "days_1_30"),
        (31, "days_31_60"),
        (60, "days_31_60"),
        (61, "days_61_90"),
        (90, "days_61_90"),
        (91, "over_90"),
        (10000, "over_90"),
    ],
)
def test_bucket_at_its_boundaries(days_past_due, key):
    assert bucket(AS_OF - timedelta(days=days_past_due), AS_OF).key == key


def test_age_sums_by_currency_and_bucket():
    rows = [
        (date(2026, 4, 30), Money(100, "EUR")),
        (date(2026, 3, 31), Money(20, "EUR")),
        (date(2026, 3, 30), Money(3, "EUR")),
        (date(2025, 12, 30), Money(4, "EUR")),
        (date(2026, 3, 1), Money(500, "JPY")),
    ]

    zero, none = Money.zero("EUR"), Money.zero("JPY")
    assert age(rows, AS_OF) == {
        "EUR": {
            "current": Money(120, "EUR"),
            "days_1_30": Money(3, "EUR"),
            "days_31_60": zero,
            "days_61_90": zero,
            "over_90": Money(4, "EUR"),
        },
        "JPY": {
            "current": none,
            "days_1_30": Money(500, "JPY"),
            "days_31_60": none,
            "days_61_90": none,
            "over_90": none,
        },
    }


def test_age_of_nothing_is_nothing():
    assert age([], AS_OF) == {}


def test_bounds():
    assert bounds(AS_OF) == {
        "current": DueDates(date(2026, 3, 31), None),
        "days_1_30": DueDates(date(2026, 3, 1), date(2026, 3, 30)),
        "days_31_60": DueDates(date(2026, 1, 30), date(2026, 2, 28)),
        "days_61_90": DueDates(date(2025, 12, 31), date(2026, 1, 29)),
        "over_90": DueDates(None, date(2025, 12, 30)),
    }


def test_bounds_agree_with_bucket_on_every_day_around_a_leap_day():
    as_of = date(2028, 3, 31)
    ranges = bounds(as_of)

    for days in range(-5, 130):
        due_date = as_of - timedelta(days=days)
        inside = [
            key
            for key, (first, last) in ranges.items()
            if (first is None or first <= due_date) and (last is None or due_date <= last)
        ]
        assert inside == [bucket(due_date, as_of).key]


@pytest.mark.parametrize("as_of", [date.min, date.max])
def test_bounds_stay_within_the_calendar(as_of):
    assert bounds(as_of)["current"].first == as_of
