"""Lines, discounts, charges and taxes as they were entered, before anything is computed."""

from dataclasses import dataclass
from decimal import Context, Decimal, Inexact, InvalidOperation
from typing import Literal

from billing.money import Money

QUANTITY_SCALE = 6
PRICE_SCALE = 6
PERCENT_SCALE = 4
LARGEST_PERCENT = 1000

TAX_CATEGORIES = {
    "S": "Standard rate",
    "Z": "Zero rated",
    "E": "Exempt from tax",
    "AE": "Reverse charge",
    "K": "Intra-community supply",
    "G": "Export outside the EU",
    "O": "Outside the scope of tax",
    "L": "Canary Islands tax (IGIC)",
    "M": "Ceuta and Melilla tax (IPSI)",
}
CATEGORIES_WITHOUT_TAX = frozenset({"Z", "E", "AE", "K", "G", "O"})

_EXACT = Context(prec=24, traps=[Inexact, InvalidOperation])
_STEPS = {scale: Decimal(1).scaleb(-scale) for scale in (PERCENT_SCALE, PRICE_SCALE, QUANTITY_SCALE)}


class TotalsError(ValueError):
    """A document that cannot be totalled; the message is a sentence, `line` the line it is about, from 1."""

    def __init__(self, sentence: str, line: int | None = None) -> None:
        super().__init__(sentence if line is None else f"Line {line}: {sentence}")
        self.line = line


@dataclass(frozen=True, slots=True)
class Tax:
    """One tax at one rate. Equal taxes are one group of the document, taxed together."""

    name: str
    percent: Decimal
    category: str = "S"

    def __post_init__(self) -> None:
        rate = scaled_percent(self.percent, "tax rate")
        if self.category not in TAX_CATEGORIES:
            raise TotalsError(f"The tax category must be one of {', '.join(TAX_CATEGORIES)}.")
        if rate and self.category in CATEGORIES_WITHOUT_TAX:
            raise TotalsError(f"A tax of category {self.category} must have the rate 0%.")


@dataclass(frozen=True, slots=True)
class Adjustment:
    """A discount or charge, by percent or by amount; the kind says the direction.

    On a line it is part of the line and taxed with it. On a document, `taxes` None spreads it over the tax
    groups of the lines in proportion; given taxes put it in that group alone (EN 16931, BG-20 and BG-21).
    """

    kind: Literal["discount", "charge"]
    label: str
    percent: Decimal | None = None
    amount: Money | None = None
    taxes: tuple[Tax, ...] | None = None

    def __post_init__(self) -> None:
        if self.kind not in ("discount", "charge"):
            raise TotalsError("An adjustment is either a discount or a charge.")
        if (self.percent is None) == (self.amount is None):
            raise TotalsError(f"Give the {self.kind} either a percentage or an amount.")
        if self.percent is not None:
            largest = 100 if self.kind == "discount" else LARGEST_PERCENT
            scaled_percent(self.percent, f"{self.kind} percentage", largest)


@dataclass(frozen=True, slots=True)
class Line:
    """A quantity at a price for `price_base_quantity` units; each of its taxes counts on the whole line."""

    quantity: Decimal
    unit_price: Decimal
    price_base_quantity: Decimal = Decimal(1)
    adjustments: tuple[Adjustment, ...] = ()
    taxes: tuple[Tax, ...] = ()


@dataclass(frozen=True, slots=True)
class Document:
    """What was entered. With `prices_include_tax` every entered amount has the tax in it already."""

    currency: str
    lines: tuple[Line, ...]
    adjustments: tuple[Adjustment, ...] = ()
    prices_include_tax: bool = False
    tax_rounding: Literal["line", "document"] = "document"
    prepaid: Money | None = None
    payable_rounding: Money | None = None

    def __post_init__(self) -> None:
        if self.tax_rounding not in ("line", "document"):
            raise TotalsError("Tax is rounded either by line or by document.")


def scaled(value: Decimal, scale: int, name: str) -> int:
    """The value in units of its last allowed decimal; more decimals are refused, never rounded."""
    if not isinstance(value, Decimal) or not value.is_finite():
        raise TotalsError(f"The {name} must be a number.")
    try:
        return int(_EXACT.scaleb(_EXACT.quantize(value, _STEPS[scale]), scale))
    except Inexact:
        raise TotalsError(f"The {name} has more than {scale} decimals.") from None
    except InvalidOperation:
        raise TotalsError(f"The {name} is too large.") from None


def scaled_percent(value: Decimal, name: str = "percentage", largest: int = LARGEST_PERCENT) -> int:
    """A percentage in units of its last allowed decimal, from 0 to the largest allowed."""
    percent = scaled(value, PERCENT_SCALE, name)
    if not 0 <= percent <= largest * 10**PERCENT_SCALE:
        raise TotalsError(f"The {name} must be between 0% and {largest}%.")
    return percent
