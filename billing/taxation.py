"""How tax falls on a document: which amounts carry which taxes, and where each tax is rounded."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import lcm

from billing.lines import PERCENT_SCALE, Adjustment, Document, Tax, TotalsError, scaled_percent
from billing.money import Money, largest_remainder, round_ratio

WHOLE = 100 * 10**PERCENT_SCALE


@dataclass(slots=True)
class Group:
    """What carries exactly the same taxes: lines, and a share of the document's discounts and charges.

    Each tax is rate / whole of an amount; where prices include tax, the whole has the rates in it.
    """

    taxes: tuple[Tax, ...]
    rates: list[int]
    whole: int
    nets: list[int] = field(default_factory=list)
    net: int = 0
    adjustment: int = 0
    line_adjustments: list[int] = field(default_factory=list)


Groups = dict[tuple[Tax, ...], Group]
Cell = tuple[Group, int]
TaxParts = dict[Tax, list[tuple[int, int]]]


def group_lines(document: Document, nets: Sequence[int]) -> tuple[Groups, list[Cell]]:
    """The groups in order of first appearance, and each line's net with its group."""
    groups: Groups = {}
    cells = []
    for number, (line, net) in enumerate(zip(document.lines, nets, strict=True), start=1):
        group = groups.get(line.taxes)
        if group is None:
            try:
                group = groups[line.taxes] = _empty_group(line.taxes, document.prices_include_tax)
            except TotalsError as error:
                raise TotalsError(str(error), line=number) from error
        group.nets.append(net)
        group.line_adjustments.append(0)
        group.net += net
        cells.append((group, net))
    return groups, cells


def adjusted_cells(document: Document, groups: Groups, amounts: Sequence[int]) -> list[Cell]:
    """What is taxed once the document's discounts and charges are taken off and added.

    Tax rounded by line needs every line, tax rounded by document every group. A charge with taxes that no line
    carries is a group of its own.
    """
    by_line = document.tax_rounding == "line"
    for adjustment, amount in zip(document.adjustments, amounts, strict=True):
        _place(adjustment, -amount if adjustment.kind == "discount" else amount, document, groups, by_line)
    for adjustment in document.adjustments:
        if adjustment.kind == "discount" and adjustment.taxes is not None:
            _check_not_exceeded(groups[adjustment.taxes], document.currency)
    cells = []
    for group in groups.values():
        if by_line and group.nets:
            cells += [(group, sum(parts)) for parts in zip(group.nets, group.line_adjustments, strict=True)]
        else:
            cells.append((group, group.net + group.adjustment))
    return cells


def tax_parts(cells: Sequence[Cell], by_line: bool) -> TaxParts:
    """Each tax, cell by cell: every cell rounded for itself, or their sum rounded once and shared out again."""
    fractions: dict[Tax, list[tuple[int, int, int]]] = {}
    for index, (group, amount) in enumerate(cells):
        for tax, rate in zip(group.taxes, group.rates, strict=True):
            fractions.setdefault(tax, []).append((index, amount * rate, group.whole))
    taxes: TaxParts = {}
    for tax, entries in fractions.items():
        if by_line:
            parts = [round_ratio(numerator, whole) for _, numerator, whole in entries]
        else:
            common = lcm(*{whole for *_, whole in entries})
            numerators = [numerator * (common // whole) for _, numerator, whole in entries]
            parts = largest_remainder(round_ratio(sum(numerators), common), numerators, common)
        taxes[tax] = [(entry[0], part) for entry, part in zip(entries, parts, strict=True)]
    return taxes


def cell_taxes(taxes: TaxParts, count: int) -> list[int]:
    """All taxes of each cell together."""
    sums = [0] * count
    for parts in taxes.values():
        for index, part in parts:
            sums[index] += part
    return sums


def _empty_group(taxes: tuple[Tax, ...], included: bool) -> Group:
    if len(set(taxes)) != len(taxes):
        raise TotalsError("The same tax is given twice.")
    rates = [scaled_percent(tax.percent) for tax in taxes]
    return Group(taxes, rates, WHOLE + sum(rates) if included else WHOLE)


def _place(adjustment: Adjustment, amount: int, document: Document, groups: Groups, by_line: bool) -> None:
    """Put a discount (negative) or charge where it is taxed: with the taxes given, else over all groups."""
    taxes = adjustment.taxes
    if taxes is None and not groups:
        taxes = ()
    if taxes is not None:
        if taxes not in groups:
            groups[taxes] = _empty_group(taxes, document.prices_include_tax)
        shared, shares, percent = [groups[taxes]], [amount], None
    else:
        shared = list(groups.values())
        percent = _signed_percent(adjustment)
        shares = _spread(amount, [group.net for group in shared], percent)
    for group, share in zip(shared, shares, strict=True):
        group.adjustment += share
        if by_line and group.nets:
            line_shares = _spread(share, group.nets, percent)
            group.line_adjustments = [sum(parts) for parts in zip(group.line_adjustments, line_shares, strict=True)]


def _signed_percent(adjustment: Adjustment) -> int | None:
    if adjustment.percent is None:
        return None
    percent = scaled_percent(adjustment.percent)
    return -percent if adjustment.kind == "discount" else percent


def _spread(amount: int, nets: Sequence[int], percent: int | None) -> list[int]:
    """Share an amount over nets: a percentage falls on each, an amount on all in proportion.

    An amount larger than the sum (freight on goods mostly returned) would be magnified by nets of both signs,
    so it is shared over those of the sum's sign only; if there are none, evenly.
    """
    if percent is not None:
        return largest_remainder(amount, [net * percent for net in nets], WHOLE)
    total = sum(nets)
    sign = -1 if total < 0 else 1
    weights = [sign * net for net in nets]
    if abs(amount) > abs(total):
        weights = [max(weight, 0) for weight in weights]
    if not sum(weights):
        weights = [1] * len(nets)
    return largest_remainder(amount, [amount * weight for weight in weights], sum(weights))


def _check_not_exceeded(group: Group, currency: str) -> None:
    if group.net + group.adjustment < 0 <= group.net:
        names = " and ".join(tax.name for tax in group.taxes) or "no tax"
        raise TotalsError(f"The discount with {names} is more than the {Money(group.net, currency)} it is taken from.")
