"""What a document comes to: lines, discounts, charges, taxes and what is due. Pure, exact, used everywhere."""

from collections.abc import Sequence
from dataclasses import dataclass

from billing.lines import (
    PERCENT_SCALE,
    PRICE_SCALE,
    QUANTITY_SCALE,
    TAX_CATEGORIES,
    Adjustment,
    Document,
    Line,
    Tax,
    TotalsError,
    scaled,
    scaled_percent,
)
from billing.money import LARGEST, Money, MoneyError, exponent, round_ratio
from billing.taxation import WHOLE, Cell, TaxParts, adjusted_cells, cell_taxes, group_lines, tax_parts

__all__ = [
    "PERCENT_SCALE",
    "PRICE_SCALE",
    "QUANTITY_SCALE",
    "TAX_CATEGORIES",
    "Adjustment",
    "Document",
    "Line",
    "LineTotal",
    "Tax",
    "TaxTotal",
    "Totals",
    "TotalsError",
    "compute",
]


@dataclass(frozen=True, slots=True)
class LineTotal:
    """net = gross - discount + charge, in the terms entered; `total` has the tax in it, total - tax has not.

    The tax is that of the line's own net, before discounts and charges of the document.
    """

    gross: Money
    discount: Money
    charge: Money
    net: Money
    tax: Money
    total: Money


@dataclass(frozen=True, slots=True)
class TaxTotal:
    """The amount of one tax on its base; the base never has tax in it."""

    tax: Tax
    base: Money
    amount: Money


@dataclass(frozen=True, slots=True)
class Totals:
    """subtotal - discount + charge = total_without_tax, or = total where prices include tax.

    total = total_without_tax + tax, and due = total - prepaid + rounding, always.
    """

    lines: tuple[LineTotal, ...]
    subtotal: Money
    discount: Money
    charge: Money
    adjustments: tuple[Money, ...]
    taxes: tuple[TaxTotal, ...]
    tax: Money
    total_without_tax: Money
    total: Money
    prepaid: Money
    rounding: Money
    due: Money


def compute(document: Document) -> Totals:
    """All amounts of the document: lines are rounded one by one and summed, tax is rounded as the document says."""
    try:
        return _compute(document)
    except MoneyError as error:
        raise TotalsError(str(error)) from error


def _compute(document: Document) -> Totals:
    currency, included = document.currency, document.prices_include_tax
    by_line = document.tax_rounding == "line"
    lines = [_line(number, line, currency) for number, line in enumerate(document.lines, start=1)]
    nets = [net for *_, net in lines]
    subtotal = sum(nets)
    groups, cells = group_lines(document, nets)
    taxes = tax_parts(cells, by_line)
    line_taxes = cell_taxes(taxes, len(cells))
    amounts, discount, charge = _amounts(document.adjustments, subtotal, currency)
    if amounts:
        cells = adjusted_cells(document, groups, amounts)
        taxes = tax_parts(cells, by_line)

    tax = sum(part for parts in taxes.values() for _, part in parts)
    entered = subtotal - discount + charge
    total = entered if included else entered + tax
    prepaid = _minor(document.prepaid, currency)
    rounding = _minor(document.payable_rounding, currency)
    if prepaid < 0 <= total:
        raise TotalsError("An amount paid in advance cannot be negative.")

    def money(minor: int) -> Money:
        return Money(minor, currency)

    return Totals(
        lines=tuple(
            LineTotal(*map(money, (*line, line_tax, line[-1] if included else line[-1] + line_tax)))
            for line, line_tax in zip(lines, line_taxes, strict=True)
        ),
        subtotal=money(subtotal),
        discount=money(discount),
        charge=money(charge),
        adjustments=tuple(map(money, amounts)),
        taxes=_tax_totals(cells, taxes, included, currency),
        tax=money(tax),
        total_without_tax=money(total - tax),
        total=money(total),
        prepaid=money(prepaid),
        rounding=money(rounding),
        due=money(total - prepaid + rounding),
    )


def _line(number: int, line: Line, currency: str) -> tuple[int, int, int, int]:
    """Gross, discount, charge and net; the gross is rounded before anything is taken off."""
    try:
        quantity = scaled(line.quantity, QUANTITY_SCALE, "quantity")
        price = scaled(line.unit_price, PRICE_SCALE, "unit price")
        base_quantity = scaled(line.price_base_quantity, QUANTITY_SCALE, "price base quantity")
        if base_quantity <= 0:
            raise TotalsError("The price base quantity must be more than zero.")
        gross = round_ratio(quantity * price * 10 ** exponent(currency), base_quantity * 10**PRICE_SCALE)
        if abs(gross) > LARGEST:
            raise TotalsError(f"The amount is too large: at most {Money(LARGEST, currency)} can be handled.")
        if not line.adjustments:
            return gross, 0, 0, gross
        if any(adjustment.taxes is not None for adjustment in line.adjustments):
            raise TotalsError("A discount or charge of a line is taxed with the line and has no taxes of its own.")
        _, discount, charge = _amounts(line.adjustments, gross, currency)
    except TotalsError as error:
        raise TotalsError(str(error), line=number) from error
    return gross, discount, charge, gross - discount + charge


def _amounts(adjustments: Sequence[Adjustment], base: int, currency: str) -> tuple[list[int], int, int]:
    """The amount of each adjustment, and the sums of discounts and charges; each percentage is of `base`."""
    amounts, discount, charge = [], 0, 0
    for adjustment in adjustments:
        if adjustment.percent is None:
            amount = _minor(adjustment.amount, currency)
        else:
            amount = round_ratio(base * scaled_percent(adjustment.percent), WHOLE)
        if amount < 0 <= base:
            raise TotalsError(f"A {adjustment.kind} cannot be negative.")
        amounts.append(amount)
        if adjustment.kind == "discount":
            discount += amount
        else:
            charge += amount
    if not min(base, 0) <= discount <= max(base, 0):
        raise TotalsError(
            f"The discount of {Money(discount, currency)} is more than the {Money(base, currency)} it is taken from."
        )
    return amounts, discount, charge


def _minor(money: Money | None, currency: str) -> int:
    if money is None:
        return 0
    if money.currency != currency:
        raise TotalsError(f"The document is in {currency}, but an amount on it is in {money.currency}.")
    return money.minor


def _tax_totals(cells: Sequence[Cell], taxes: TaxParts, included: bool, currency: str) -> tuple[TaxTotal, ...]:
    taken_out = cell_taxes(taxes, len(cells)) if included else [0] * len(cells)
    return tuple(
        TaxTotal(
            tax=tax,
            base=Money(sum(cells[index][1] - taken_out[index] for index, _ in parts), currency),
            amount=Money(sum(part for _, part in parts), currency),
        )
        for tax, parts in taxes.items()
    )
