"""What a document comes to: lines, discounts, charges, taxes and what is due. Pure, exact, used everywhere."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import lcm

from billing.lines import (
    PERCENT_SCALE,
    PRICE_SCALE,
    QUANTITY_SCALE,
    Adjustment,
    Document,
    Line,
    Tax,
    TotalsError,
    scaled,
    scaled_percent,
)
from billing.money import LARGEST, Money, MoneyError, exponent, largest_remainder, round_ratio

__all__ = [
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

_ALL = 100 * 10**PERCENT_SCALE


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


@dataclass(slots=True)
class _Group:
    """What carries exactly the same taxes: its lines, and its share of the document's discounts and charges."""

    taxes: tuple[Tax, ...]
    rates: list[int]
    whole: int
    lines: list[int] = field(default_factory=list)
    net: int = 0
    adjustment: int = 0


_Cell = tuple[_Group, int]
_TaxParts = dict[Tax, list[tuple[int, int]]]


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
    groups = _groups(document, nets)
    group_of = {index: group for group in groups.values() for index in group.lines}
    cells = [(group_of[index], net) for index, net in enumerate(nets)]
    taxes = _taxes(cells, by_line)
    line_taxes = _sums(taxes, len(cells))

    amounts, discount, charge = _amounts(document.adjustments, subtotal, currency)
    if amounts:
        _spread_over_groups(document, amounts, groups)
        cells = _adjusted_cells(groups, nets, by_line)
        taxes = _taxes(cells, by_line)
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
            amount = round_ratio(base * scaled_percent(adjustment.percent, adjustment.kind), _ALL)
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


def _groups(document: Document, nets: Sequence[int]) -> dict[tuple[Tax, ...], _Group]:
    """The lines by the taxes they carry, in order of first appearance."""
    groups: dict[tuple[Tax, ...], _Group] = {}
    for index, line in enumerate(document.lines):
        group = groups.get(line.taxes)
        if group is None:
            try:
                group = groups[line.taxes] = _group(line.taxes, document.prices_include_tax)
            except TotalsError as error:
                raise TotalsError(str(error), line=index + 1) from error
        group.lines.append(index)
        group.net += nets[index]
    return groups


def _group(taxes: tuple[Tax, ...], included: bool) -> _Group:
    """An empty group. Tax is rate / whole of an amount; where the amount has the tax in it, whole has the rates in it."""
    if len(set(taxes)) != len(taxes):
        raise TotalsError("The same tax is given twice.")
    rates = [scaled_percent(tax.percent, "tax rate") for tax in taxes]
    return _Group(taxes, rates, _ALL + sum(rates) if included else _ALL)


def _spread_over_groups(document: Document, amounts: Sequence[int], groups: dict[tuple[Tax, ...], _Group]) -> None:
    """Put each discount or charge of the document where it is taxed."""
    lined = list(groups.values())
    discounted = []
    for adjustment, amount in zip(document.adjustments, amounts, strict=True):
        signed = -amount if adjustment.kind == "discount" else amount
        taxes = () if adjustment.taxes is None and not lined else adjustment.taxes
        if taxes is None:
            for group, share in zip(lined, _spread(signed, [group.net for group in lined]), strict=True):
                group.adjustment += share
            continue
        if taxes not in groups:
            groups[taxes] = _group(taxes, document.prices_include_tax)
        groups[taxes].adjustment += signed
        if signed < 0:
            discounted.append(groups[taxes])
    for group in discounted:
        if group.net + group.adjustment < 0 <= group.net:
            net = Money(group.net, document.currency)
            raise TotalsError(f"The discount on {_names(group)} is more than the {net} it is taken from.")


def _names(group: _Group) -> str:
    return " and ".join(tax.name for tax in group.taxes) or "what is not taxed"


def _spread(amount: int, nets: Sequence[int]) -> list[int]:
    """Share an amount over nets in proportion.

    An amount larger than their sum (freight on goods mostly returned) would be magnified by nets of both
    signs, so it is shared over those of the sum's sign only; if there are none, evenly.
    """
    whole = sum(nets)
    sign = -1 if whole < 0 else 1
    weights = [sign * net for net in nets]
    if abs(amount) > abs(whole):
        weights = [max(weight, 0) for weight in weights]
    if not any(weights):
        weights = [1] * len(nets)
    return largest_remainder(amount, [amount * weight for weight in weights], sum(weights) or 1)


def _adjusted_cells(groups: dict[tuple[Tax, ...], _Group], nets: Sequence[int], by_line: bool) -> list[_Cell]:
    """What is taxed after the document's discounts and charges: each line, or each group, and what rounds alone."""
    if not by_line:
        return [(group, group.net + group.adjustment) for group in groups.values()]
    cells = []
    for group in groups.values():
        if not group.lines:
            cells.append((group, group.adjustment))
            continue
        line_nets = [nets[index] for index in group.lines]
        shares = _spread(group.adjustment, line_nets)
        cells += [(group, net + share) for net, share in zip(line_nets, shares, strict=True)]
    return cells


def _taxes(cells: Sequence[_Cell], by_line: bool) -> _TaxParts:
    """Each tax, cell by cell: every cell rounded for itself, or their sum rounded once and shared out again."""
    fractions: dict[Tax, list[tuple[int, int, int]]] = {}
    for index, (group, amount) in enumerate(cells):
        for tax, rate in zip(group.taxes, group.rates, strict=True):
            fractions.setdefault(tax, []).append((index, amount * rate, group.whole))
    taxes: _TaxParts = {}
    for tax, entries in fractions.items():
        if by_line:
            parts = [round_ratio(numerator, whole) for _, numerator, whole in entries]
        else:
            common = lcm(*{whole for *_, whole in entries})
            numerators = [numerator * (common // whole) for _, numerator, whole in entries]
            parts = largest_remainder(round_ratio(sum(numerators), common), numerators, common)
        taxes[tax] = [(entry[0], part) for entry, part in zip(entries, parts, strict=True)]
    return taxes


def _sums(taxes: _TaxParts, count: int) -> list[int]:
    """All taxes of each cell together."""
    sums = [0] * count
    for parts in taxes.values():
        for index, part in parts:
            sums[index] += part
    return sums


def _tax_totals(cells: Sequence[_Cell], taxes: _TaxParts, included: bool, currency: str) -> tuple[TaxTotal, ...]:
    cell_taxes = _sums(taxes, len(cells)) if included else [0] * len(cells)
    return tuple(
        TaxTotal(
            tax=tax,
            base=Money(sum(cells[index][1] - cell_taxes[index] for index, _ in parts), currency),
            amount=Money(sum(part for _, part in parts), currency),
        )
        for tax, parts in taxes.items()
    )
