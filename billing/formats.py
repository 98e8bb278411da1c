"""Amounts, numbers and days as people read them. English for every reader, until a reader can say otherwise."""

import datetime
from decimal import ROUND_HALF_UP, Decimal
from functools import cache, lru_cache
from typing import NamedTuple

from babel import Locale
from babel.numbers import format_currency, format_decimal

from billing.money import Money, exponent

LOCALE = Locale("en")
AMOUNT = "¤¤\N{NO-BREAK SPACE}#,##0.00"
SIX_PLACES = "#,##0.######"
_MONTHS = LOCALE.months["format"]["abbreviated"]


class _Pattern(NamedTuple):
    before: str
    after: str
    group: str
    point: str
    places: int


@cache
def _pattern(currency: str) -> _Pattern:
    """How the locale writes amounts of a currency, read off one amount so that a list need not ask for each."""
    places = exponent(currency)
    sample = format_currency(Decimal(1234), currency, format=AMOUNT, locale=LOCALE)
    digits = format_decimal(Decimal(1234), format="#,##0." + "0" * places, locale=LOCALE)
    before, _, after = sample.partition(digits)
    return _Pattern(before, after, digits[1], digits[5] if places else "", places)


def money(amount: Money) -> str:
    """ "EUR 1,250.00", with a space that does not break."""
    pattern = _pattern(amount.currency)
    return f"{pattern.before}{_figures(amount.minor, pattern)}{pattern.after}"


def figures(amount: Money) -> str:
    """The amount without its currency, for a column that says the currency once."""
    return _figures(amount.minor, _pattern(amount.currency))


def typed(amount: Money) -> str:
    """As somebody types it into a field: "1250.00"."""
    return f"{amount.amount:f}"


def _figures(minor: int, pattern: _Pattern) -> str:
    whole, part = divmod(abs(minor), 10**pattern.places)
    written = f"{whole:,}" if pattern.group == "," else f"{whole:,}".replace(",", pattern.group)
    sign = "-" if minor < 0 else ""
    return f"{sign}{written}{pattern.point}{part:0{pattern.places}}" if pattern.places else f"{sign}{written}"


def number(value: Decimal) -> str:
    """A quantity: "1,234.5", as many decimals as it has."""
    return format_decimal(value, format=SIX_PLACES, locale=LOCALE)


def price(value: Decimal, currency: str) -> str:
    """A unit price: the currency's decimals, and more only if it has more."""
    places = exponent(currency)
    shortest = value.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)
    if shortest == value:
        return format_decimal(value, format="#,##0." + "0" * places, locale=LOCALE)
    return number(value)


def percent(value: Decimal) -> str:
    """A rate given in percent: "19%", "7.25%"."""
    return f"{number(value)}%"


@lru_cache(maxsize=4096)
def day(date: datetime.date) -> str:
    """ "12 Mar 2026"."""
    return f"{date.day} {_MONTHS[date.month]} {date.year}"


def away(date: datetime.date, as_of: datetime.date) -> str:
    """How far a day lies from today, for a title or a second line."""
    days = (date - as_of).days
    if days == 0:
        return "today"
    if days in (1, -1):
        return "tomorrow" if days == 1 else "yesterday"
    return f"in {days} days" if days > 0 else f"{-days} days ago"
