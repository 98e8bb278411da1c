"""What holds for every document that can be totalled, whatever is on it."""

import dataclasses
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from billing.money import Money
from billing.totals import Adjustment, Document, Line, Tax, compute

TAXES = [
    Tax("VAT", Decimal(20)),
    Tax("VAT", Decimal("5.5")),
    Tax("VAT", Decimal("21.1234")),
    Tax("VAT", Decimal(0), "E"),
    Tax("GST", Decimal(5)),
    Tax("QST", Decimal("9.975")),
]

currencies = st.sampled_from(["EUR", "JPY", "KWD", "CLF"])
quantities = st.decimals(-100, 1000, places=3) | st.integers(-9, 99).map(Decimal)
prices = st.decimals(0, 1000, places=4) | st.integers(0, 999).map(Decimal) | st.decimals(0, 1, places=6)
percents = st.decimals(0, 100, places=2) | st.sampled_from([Decimal(0), Decimal(100), Decimal("33.3333")])
several_taxes = st.lists(st.sampled_from(TAXES), max_size=3, unique=True).map(tuple)
one_tax = st.sampled_from(TAXES).map(lambda tax: (tax,))
flags = st.booleans()
roundings = st.sampled_from(["line", "document"])


def charges(percent):
    return Adjustment("charge", "Handling", percent=percent)


def discounts(percent):
    return Adjustment("discount", "Loyalty", percent=percent)


@st.composite
def lines(draw, taxes):
    """A line with up to one discount and one charge, so that no discount exceeds what it is taken from."""
    adjustments = draw(st.lists(percents.map(discounts), max_size=1)) + draw(
        st.lists(percents.map(charges), max_size=1)
    )
    base_quantity = draw(st.sampled_from([Decimal(1), Decimal(1), Decimal(100), Decimal("0.7")]))
    return Line(draw(quantities), draw(prices), base_quantity, tuple(adjustments), draw(taxes))


def plain_documents(taxes=several_taxes, included=flags):
    """Documents without discounts and charges of their own."""
    return st.builds(
        Document,
        currency=currencies,
        lines=st.lists(lines(taxes), max_size=8).map(tuple),
        prices_include_tax=included,
        tax_rounding=roundings,
    )


@st.composite
def documents(draw, taxes=several_taxes, included=flags):
    """Documents with a discount on the whole, by percentage or amount, and charges with and without own taxes."""
    document = draw(plain_documents(taxes, included))
    subtotal = compute(document).subtotal
    amount = draw(st.integers(min(subtotal.minor, 0), max(subtotal.minor, 0)))
    discount = draw(
        st.sampled_from([None, Adjustment("discount", "Amount", amount=Money(amount, document.currency))])
        | percents.map(discounts)
    )
    freight = st.integers(0, 10**6).map(lambda minor: Money(minor, document.currency))
    adjustments = [
        *([discount] if discount else []),
        *draw(st.lists(percents.map(charges), max_size=1)),
        *draw(st.lists(st.builds(Adjustment, st.just("charge"), st.just(""), amount=freight), max_size=1)),
        *draw(st.lists(st.builds(Adjustment, st.just("charge"), st.just(""), amount=freight, taxes=taxes), max_size=2)),
    ]
    return dataclasses.replace(
        document,
        adjustments=tuple(draw(st.permutations(adjustments))),
        prepaid=draw(st.none() | freight),
        payable_rounding=draw(st.none() | freight),
    )


def total_of(amounts, currency):
    return sum(amounts, Money.zero(currency))


def half_up(value: Fraction) -> int:
    """The rounding rule a second time, in other words, to check the first against."""
    scaled = Decimal(value.numerator * 10**30 // value.denominator).scaleb(-30)
    return int(scaled.quantize(Decimal(1), rounding=ROUND_HALF_UP))


@given(documents())
def test_the_parts_of_a_document_sum_to_the_whole(document):
    totals = compute(document)
    currency = document.currency

    for line in totals.lines:
        assert line.gross - line.discount + line.charge == line.net
        assert line.total == (line.net if document.prices_include_tax else line.net + line.tax)
    assert totals.subtotal == total_of((line.net for line in totals.lines), currency)
    by_kind = {"discount": Money.zero(currency), "charge": Money.zero(currency)}
    for adjustment, amount in zip(document.adjustments, totals.adjustments, strict=True):
        by_kind[adjustment.kind] += amount
    assert by_kind == {"discount": totals.discount, "charge": totals.charge}
    entered = totals.subtotal - totals.discount + totals.charge
    assert entered == (totals.total if document.prices_include_tax else totals.total_without_tax)
    assert totals.tax == total_of((tax.amount for tax in totals.taxes), currency)
    assert totals.total == totals.total_without_tax + totals.tax
    assert totals.due == totals.total - totals.prepaid + totals.rounding


@given(documents(taxes=one_tax))
def test_tax_bases_sum_to_the_total_without_tax(document):
    totals = compute(document)

    if document.lines:
        assert total_of((tax.base for tax in totals.taxes), document.currency) == totals.total_without_tax


@given(documents(included=st.just(True)), roundings, st.permutations(TAXES))
def test_an_inclusive_total_never_moves(document, rounding, taxes):
    other_taxes = dict(zip(TAXES, taxes, strict=True))
    changed = dataclasses.replace(
        document,
        tax_rounding=rounding,
        lines=tuple(
            dataclasses.replace(line, taxes=tuple(other_taxes[tax] for tax in line.taxes)) for line in document.lines
        ),
    )

    before, after = compute(document), compute(changed)

    assert (before.total, before.due) == (after.total, after.due)
    assert [line.total for line in before.lines] == [line.total for line in after.lines]


@given(documents(included=st.just(False)))
def test_each_tax_is_its_rate_of_its_base(document):
    """Rounded once by document; by line, at most half a unit off for every line and every charge."""
    totals = compute(document)

    for total in totals.taxes:
        exact = Fraction(total.base.minor) * Fraction(total.tax.percent) / 100
        if document.tax_rounding == "document":
            assert total.amount.minor == half_up(exact)
        else:
            assert abs(total.amount.minor - exact) <= Fraction(len(document.lines) + len(document.adjustments), 2)


@given(plain_documents(taxes=one_tax, included=st.just(True)))
def test_tax_taken_out_of_a_price_is_the_rate_within_the_price(document):
    totals = compute(document)

    for total in totals.taxes:
        percent = Fraction(total.tax.percent)
        exact = Fraction((total.base + total.amount).minor) * percent / (100 + percent)
        if document.tax_rounding == "document":
            assert total.amount.minor == half_up(exact)
        else:
            assert abs(total.amount.minor - exact) <= Fraction(len(document.lines), 2)


@given(plain_documents())
def test_taxes_of_the_lines_sum_to_the_tax(document):
    totals = compute(document)

    assert total_of((line.tax for line in totals.lines), document.currency) == totals.tax


@given(plain_documents())
def test_each_line_tax_is_within_one_unit_of_exact_for_each_tax(document):
    for line, total in zip(document.lines, compute(document).lines, strict=True):
        rate = sum((Fraction(tax.percent) for tax in line.taxes), Fraction(0)) / 100
        exact = total.net.minor * rate / (1 + rate if document.prices_include_tax else 1)
        assert abs(total.tax.minor - exact) <= len(line.taxes)


@given(plain_documents())
def test_a_full_discount_leaves_exactly_nothing(document):
    totals = compute(dataclasses.replace(document, adjustments=(discounts(Decimal(100)),)))
    zero = Money.zero(document.currency)

    assert (totals.total_without_tax, totals.tax, totals.total, totals.due) == (zero, zero, zero, zero)
    assert {(tax.base, tax.amount) for tax in totals.taxes} <= {(zero, zero)}


@given(plain_documents())
def test_a_full_discount_of_every_line_leaves_exactly_nothing(document):
    free = tuple(dataclasses.replace(line, adjustments=(discounts(Decimal(100)),)) for line in document.lines)
    totals = compute(dataclasses.replace(document, lines=free))

    assert {line.total.minor for line in totals.lines} <= {0}
    assert (totals.tax, totals.total) == (Money.zero(document.currency), Money.zero(document.currency))


@given(documents())
def test_discounts_and_charges_of_nothing_change_nothing(document):
    nothing = (discounts(Decimal(0)), charges(Decimal(0)))

    before = compute(document)
    after = compute(dataclasses.replace(document, adjustments=document.adjustments + nothing))

    assert dataclasses.replace(after, adjustments=before.adjustments) == before


@given(plain_documents())
def test_taking_everything_back_mirrors_the_document(document):
    returned = tuple(dataclasses.replace(line, quantity=-line.quantity) for line in document.lines)

    there, back = compute(document), compute(dataclasses.replace(document, lines=returned))

    assert (back.subtotal, back.tax, back.total) == (-there.subtotal, -there.tax, -there.total)
    assert [(tax.base, tax.amount) for tax in back.taxes] == [(-tax.base, -tax.amount) for tax in there.taxes]


@given(plain_documents(), st.randoms(use_true_random=False))
def test_the_order_of_lines_does_not_matter(document, random):
    lines = list(document.lines)
    random.shuffle(lines)

    before, after = compute(document), compute(dataclasses.replace(document, lines=tuple(lines)))

    assert (before.subtotal, before.tax, before.total) == (after.subtotal, after.tax, after.total)
    assert {total.tax: total.amount for total in before.taxes} == {total.tax: total.amount for total in after.taxes}
