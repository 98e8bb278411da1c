import datetime
from decimal import Decimal

import pytest

from billing import formats
from billing.money import Money


@pytest.mark.parametrize(
    ("minor", "currency", "written"),
    [
        (125000, "EUR", "EUR 1,250.00"),
        (-5, "EUR", "EUR -0.05"),
        (0, "USD", "USD 0.00"),
        (1250, "JPY", "JPY 1,250"),
        (1234567, "KWD", "KWD 1,234.567"),
        (123456789012, "CLF", "CLF 12,345,678.9012"),
    ],
)
def test_an_amount_is_written_with_its_currency_and_its_decimals(minor, currency, written):
    assert formats.money(Money(minor, currency)).replace("\N{NO-BREAK SPACE}", " ") == written
    assert formats.figures(Money(minor, currency)) == written[4:]


def test_an_amount_does_not_break_at_its_currency():
    assert " " not in formats.money(Money(1, "EUR"))


@pytest.mark.parametrize(
    ("value", "written"),
    [("1", "1"), ("1234.5", "1,234.5"), ("0.000001", "0.000001"), ("2.500000", "2.5")],
)
def test_a_quantity_has_the_decimals_it_needs(value, written):
    assert formats.number(Decimal(value)) == written


@pytest.mark.parametrize(
    ("value", "currency", "written"),
    [("100", "EUR", "100.00"), ("0.0125", "EUR", "0.0125"), ("100", "JPY", "100"), ("0.5", "JPY", "0.5")],
)
def test_a_price_has_at_least_the_decimals_of_its_currency(value, currency, written):
    assert formats.price(Decimal(value), currency) == written


def test_a_rate_is_written_with_its_sign():
    assert (formats.percent(Decimal("19.0000")), formats.percent(Decimal("7.25"))) == ("19%", "7.25%")


def test_days_are_written_so_that_no_country_misreads_them():
    assert formats.day(datetime.date(2026, 3, 12)) == "12 Mar 2026"


@pytest.mark.parametrize(
    ("days", "words"), [(0, "today"), (1, "tomorrow"), (-1, "yesterday"), (3, "in 3 days"), (-12, "12 days ago")]
)
def test_a_day_is_told_from_today(days, words):
    today = datetime.date(2026, 3, 16)
    assert formats.away(today + datetime.timedelta(days=days), today) == words
