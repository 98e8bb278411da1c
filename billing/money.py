"""Amounts are whole minor units of a currency; one rounding rule; parts always sum to the whole."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal, DivisionByZero, InvalidOperation, Overflow
from functools import total_ordering
from math import lcm
from typing import Self

from billing.currencies import CURRENCIES

LARGEST = 10**15 - 1
LONGEST_INPUT = 40

_DECIMAL = Context(prec=40, rounding=ROUND_HALF_UP, traps=[InvalidOperation, DivisionByZero, Overflow])
_UNIT = {places: Decimal(1).scaleb(-places) for places in range(5)}
_INPUT = re.compile(
    r"(?:(?P<before>[A-Z]{3}) ?)?(?P<sign>[+-]?) ?"
    r"(?P<whole>[0-9]+|[0-9]{1,3}(?:,[0-9]{3})+)?(?:\.(?P<part>[0-9]*))?"
    r"(?: ?(?P<after>[A-Z]{3}))?",
    re.ASCII | re.IGNORECASE,
)


class MoneyError(ValueError):
    """An amount that cannot be; the message is a sentence for the person who entered it."""


class CurrencyMismatch(MoneyError):
    """Amounts of two currencies met in one calculation."""


def exponent(currency: str) -> int:
    """How many decimals the currency has, by ISO 4217."""
    try:
        return CURRENCIES[currency].exponent
    except (KeyError, TypeError):
        raise MoneyError(
            "This currency is not known. Choose one by its three-letter code, such as EUR or USD."
        ) from None


@total_ordering
@dataclass(frozen=True, slots=True)
class Money:
    """A number of minor units (cents, fils, yen) of one currency; never a float, never beyond LARGEST."""

    minor: int
    currency: str

    def __post_init__(self) -> None:
        if type(self.minor) is not int:
            raise MoneyError("An amount is a whole number of minor units; floats and other kinds are refused.")
        exponent(self.currency)
        if not -LARGEST <= self.minor <= LARGEST:
            raise MoneyError(_too_large(self.currency))

    @classmethod
    def zero(cls, currency: str) -> Self:
        """Nothing, in that currency."""
        return cls(0, currency)

    @classmethod
    def parse(cls, text: str, currency: str) -> Self:
        """Read what a person typed: "1,234.50", "-3", "EUR 20"; never guess, never round."""
        places = exponent(currency)
        if not isinstance(text, str) or len(text) > LONGEST_INPUT:
            raise MoneyError(_how_to_write(currency))
        found = _INPUT.fullmatch(" ".join(text.split()).replace("\N{MINUS SIGN}", "-"))
        if found is None or not (found["whole"] or found["part"]):
            raise MoneyError(_how_to_write(currency))
        for code in (found["before"], found["after"]):
            if code and code.upper() != currency:
                raise MoneyError(f"The amount is in {code.upper()}, but {currency} is expected here.")
        part = found["part"] or ""
        if len(part) > places:
            raise MoneyError(_too_many_decimals(len(part), currency))
        minor = int((found["whole"] or "0").replace(",", "") + part.ljust(places, "0"))
        return cls(-minor if found["sign"] == "-" else minor, currency)

    @property
    def amount(self) -> Decimal:
        """The amount in major units, exact."""
        return _DECIMAL.scaleb(Decimal(self.minor), -CURRENCIES[self.currency].exponent)

    def plain(self) -> str:
        """The same text for every reader: "EUR 1,234.50"."""
        return _plain(self.minor, self.currency)

    def __str__(self) -> str:
        return _plain(self.minor, self.currency)

    def __bool__(self) -> bool:
        return self.minor != 0

    def __neg__(self) -> "Money":
        return Money(-self.minor, self.currency)

    def __add__(self, other: "Money") -> "Money":
        if not isinstance(other, Money):
            return NotImplemented
        return Money(self.minor + self._minor_of(other), self.currency)

    def __sub__(self, other: "Money") -> "Money":
        if not isinstance(other, Money):
            return NotImplemented
        return Money(self.minor - self._minor_of(other), self.currency)

    def __mul__(self, times: int) -> "Money":
        if type(times) is not int:
            return NotImplemented
        return Money(self.minor * times, self.currency)

    __rmul__ = __mul__

    def __lt__(self, other: "Money") -> bool:
        if not isinstance(other, Money):
            return NotImplemented
        return self.minor < self._minor_of(other)

    def _minor_of(self, other: "Money") -> int:
        if other.currency != self.currency:
            raise CurrencyMismatch(f"{self.currency} and {other.currency} cannot be used together in one amount.")
        return other.minor


def round_minor(value: Decimal, currency: str) -> Money:
    """Round an amount in major units to the currency's decimals, half up, away from zero.

    The commercial rule, which EN 16931 asks of every amount on an invoice. `round_ratio` is the same rule for
    a fraction of whole numbers; nothing else in the product rounds money.
    """
    places = exponent(currency)
    if not isinstance(value, Decimal) or not value.is_finite():
        raise MoneyError("Only a finite decimal number can be rounded to an amount.")
    try:
        rounded = _DECIMAL.quantize(value, _UNIT[places])
    except InvalidOperation:
        raise MoneyError(_too_large(currency)) from None
    return Money(int(_DECIMAL.scaleb(rounded, places)), currency)


def round_ratio(numerator: int, denominator: int) -> int:
    """numerator / denominator to the nearest whole number, half up, away from zero; the denominator is positive."""
    if numerator < 0:
        return -((-2 * numerator + denominator) // (2 * denominator))
    return (2 * numerator + denominator) // (2 * denominator)


def split(total: Money, weights: Sequence[Decimal | int]) -> list[Money]:
    """Share `total` in proportion to `weights`; the leftover units go to the largest remainders.

    The parts sum to the total exactly. Equal remainders: the earlier part comes first. When every weight is
    zero the parts are equal (freight on a delivery of free goods still has to go somewhere).
    """
    if not weights:
        raise MoneyError("There is nothing to share the amount between.")
    shares = _whole_numbers(weights)
    if not any(shares):
        shares = [1] * len(shares)
    parts = largest_remainder(total.minor, [total.minor * share for share in shares], sum(shares))
    return [Money(part, total.currency) for part in parts]


def largest_remainder(total: int, numerators: Sequence[int], denominator: int) -> list[int]:
    """Whole numbers that sum to `total`, each within one of numerator / denominator.

    `total` is the sum of those fractions, rounded. A part that is whole already never changes, and a negative
    total is shared as its positive twin would be.
    """
    sign = -1 if total < 0 else 1
    floors, remainders = [], []
    for numerator in numerators:
        floor, remainder = divmod(sign * numerator, denominator)
        floors.append(floor)
        remainders.append(remainder)
    leftover = sign * total - sum(floors)
    if leftover:
        for index in sorted(range(len(floors)), key=remainders.__getitem__, reverse=True)[:leftover]:
            floors[index] += 1
    return floors if sign > 0 else [-floor for floor in floors]


def _whole_numbers(weights: Sequence[Decimal | int]) -> list[int]:
    """The same proportions in whole numbers."""
    ratios = []
    for weight in weights:
        if type(weight) is int:
            ratios.append((weight, 1))
        elif isinstance(weight, Decimal) and weight.is_finite() and -40 <= weight.adjusted() <= 40:
            ratios.append(weight.as_integer_ratio())
        else:
            raise MoneyError("A share is a finite decimal or whole number.")
    if any(numerator < 0 for numerator, _ in ratios):
        raise MoneyError("A share cannot be negative.")
    common = lcm(*(denominator for _, denominator in ratios))
    return [numerator * (common // denominator) for numerator, denominator in ratios]


def _plain(minor: int, currency: str) -> str:
    places = CURRENCIES[currency].exponent
    sign = "-" if minor < 0 else ""
    if not places:
        return f"{currency} {minor:,}"
    whole, part = divmod(abs(minor), 10**places)
    return f"{currency} {sign}{whole:,}.{part:0{places}}"


def _too_large(currency: str) -> str:
    return f"The amount is too large: at most {_plain(LARGEST, currency)} can be handled."


def _how_to_write(currency: str) -> str:
    if not exponent(currency):
        return "This is not an amount. Write digits only, like 1,234."
    example = _plain(1234 * 10 ** exponent(currency), currency).removeprefix(f"{currency} ")
    return f"This is not an amount. Write digits, with a point before the decimals, like {example}."


def _too_many_decimals(count: int, currency: str) -> str:
    return f"{currency} has {exponent(currency) or 'no'} decimals, but the amount has {count}."
