from decimal import Decimal

import pytest

from billing.money import LARGEST, Money
from billing.totals import Adjustment, Document, Line, LineTotal, Tax, TaxTotal, TotalsError, compute

VAT_20 = Tax("VAT", Decimal(20))
VAT_10 = Tax("VAT", Decimal(10))
GST = Tax("GST", Decimal(5))
PST = Tax("PST", Decimal(7))
EXEMPT = Tax("VAT", Decimal(0), "E")


def eur(text):
    return Money.parse(text, "EUR")


def line(price, *taxes, quantity="1", adjustments=(), base="1"):
    return Line(Decimal(quantity), Decimal(price), Decimal(base), adjustments, taxes)


def discount(size, taxes=None, currency="EUR"):
    return adjustment("discount", size, taxes, currency)


def charge(size, taxes=None, currency="EUR"):
    return adjustment("charge", size, taxes, currency)


def adjustment(kind, size, taxes, currency):
    """Ten percent is "10%", ten euros "10"."""
    if size.endswith("%"):
        return Adjustment(kind, "", percent=Decimal(size[:-1]), taxes=taxes)
    return Adjustment(kind, "", amount=Money.parse(size, currency), taxes=taxes)


def invoice(*lines, currency="EUR", **fields):
    return Document(currency, lines, **fields)


def taxes_of(document):
    return [(total.tax, total.base.plain()[4:], total.amount.plain()[4:]) for total in compute(document).taxes]


def test_an_invoice_with_everything_on_it():
    totals = compute(
        invoice(
            line("40", VAT_20, quantity="2.5", adjustments=(discount("10%"), charge("5"))),
            line("9.99", VAT_10, quantity="3"),
            line("12", EXEMPT),
            adjustments=(discount("10%"), charge("8", taxes=(VAT_20,))),
            prepaid=eur("50"),
            payable_rounding=eur("0.02"),
        )
    )

    assert totals.lines == (
        LineTotal(eur("100"), eur("10"), eur("5"), eur("95"), eur("19"), eur("114")),
        LineTotal(eur("29.97"), eur("0"), eur("0"), eur("29.97"), eur("3"), eur("32.97")),
        LineTotal(eur("12"), eur("0"), eur("0"), eur("12"), eur("0"), eur("12")),
    )
    assert (totals.subtotal, totals.discount, totals.charge) == (eur("136.97"), eur("13.70"), eur("8"))
    assert totals.adjustments == (eur("13.70"), eur("8"))
    assert totals.taxes == (
        TaxTotal(VAT_20, eur("93.50"), eur("18.70")),
        TaxTotal(VAT_10, eur("26.97"), eur("2.70")),
        TaxTotal(EXEMPT, eur("10.80"), eur("0")),
    )
    assert (totals.total_without_tax, totals.tax, totals.total) == (eur("131.27"), eur("21.40"), eur("152.67"))
    assert (totals.prepaid, totals.rounding, totals.due) == (eur("50"), eur("0.02"), eur("102.69"))


def test_an_empty_document_comes_to_nothing():
    totals = compute(invoice())

    assert (totals.lines, totals.taxes, totals.total, totals.due) == ((), (), eur("0"), eur("0"))


@pytest.mark.parametrize(
    ("quantity", "price", "base", "currency", "gross"),
    [
        ("3", "19.99", "1", "EUR", "59.97"),
        ("0.333333", "0.015", "1", "EUR", "0"),
        ("1", "0.005", "1", "EUR", "0.01"),
        ("-1", "0.005", "1", "EUR", "-0.01"),
        ("1", "0.004999", "1", "EUR", "0"),
        ("1000", "12.50", "100", "EUR", "125"),
        ("1", "10", "3", "EUR", "3.33"),
        ("7", "1", "0.5", "EUR", "14"),
        ("3", "33.5", "1", "JPY", "101"),
        ("1", "0.0005", "1", "KWD", "0.001"),
        ("0.000001", "0.000001", "1", "CLF", "0"),
        ("0", "5", "1", "EUR", "0"),
        ("5", "0", "1", "EUR", "0"),
        ("1E+2", "1E+1", "1", "EUR", "1000"),
        ("1.0000000", "5.00000000", "1", "EUR", "5"),
    ],
)
def test_a_line_is_rounded_to_the_currency(quantity, price, base, currency, gross):
    totals = compute(invoice(line(price, quantity=quantity, base=base), currency=currency))

    assert totals.lines[0].gross == totals.total == Money.parse(gross, currency)


def test_the_gross_is_rounded_before_the_discount():
    (total,) = compute(invoice(line("0.333", quantity="1.5", adjustments=(discount("50%"),)))).lines

    assert (total.gross, total.discount, total.net) == (eur("0.50"), eur("0.25"), eur("0.25"))


def test_every_percentage_of_a_line_is_of_its_gross():
    (total,) = compute(invoice(line("200", adjustments=(discount("10%"), discount("5%"), charge("2%"))))).lines

    assert (total.discount, total.charge, total.net) == (eur("30"), eur("4"), eur("174"))


def test_tax_rounded_by_document_is_rounded_once_for_each_group():
    document = invoice(*[line("0.12", VAT_20)] * 3)
    totals = compute(document)

    assert taxes_of(document) == [(VAT_20, "0.36", "0.07")]
    assert [total.tax for total in totals.lines] == [eur("0.03"), eur("0.02"), eur("0.02")]


def test_tax_rounded_by_line_is_rounded_on_every_line():
    document = invoice(*[line("0.12", VAT_20)] * 3, tax_rounding="line")
    totals = compute(document)

    assert taxes_of(document) == [(VAT_20, "0.36", "0.06")]
    assert [total.tax for total in totals.lines] == [eur("0.02")] * 3


def test_parallel_taxes_count_on_the_same_base():
    document = invoice(line("100", GST, PST), line("50", GST))
    totals = compute(document)

    assert taxes_of(document) == [(GST, "150.00", "7.50"), (PST, "100.00", "7.00")]
    assert [total.tax for total in totals.lines] == [eur("12"), eur("2.50")]
    assert totals.total == eur("164.50")


def test_equal_taxes_are_one_group_however_the_rate_is_written():
    document = invoice(line("1", Tax("VAT", Decimal("20.00"))), line("1", VAT_20))

    assert taxes_of(document) == [(VAT_20, "2.00", "0.40")]


def test_groups_differ_by_name_rate_and_category():
    other = [Tax("VAT", Decimal("20.5")), Tax("IVA", Decimal(20)), Tax("VAT", Decimal(0), "Z"), EXEMPT]

    assert len(taxes_of(invoice(line("1", VAT_20), *(line("1", tax) for tax in other)))) == 5


def test_prices_with_tax_in_them_never_move():
    totals = compute(
        invoice(
            line("9.99", VAT_20, quantity="3", adjustments=(discount("0.97"),)),
            line("10", VAT_10),
            adjustments=(charge("5", taxes=(VAT_20,)), discount("10%")),
            prices_include_tax=True,
        )
    )

    assert [(total.net, total.tax, total.total) for total in totals.lines] == [
        (eur("29"), eur("4.83"), eur("29")),
        (eur("10"), eur("0.91"), eur("10")),
    ]
    assert (totals.subtotal, totals.discount, totals.charge) == (eur("39"), eur("3.90"), eur("5"))
    assert totals.total == eur("40.10")
    assert totals.taxes == (
        TaxTotal(VAT_20, eur("25.92"), eur("5.18")),
        TaxTotal(VAT_10, eur("8.18"), eur("0.82")),
    )
    assert (totals.total_without_tax, totals.tax) == (eur("34.10"), eur("6"))


def test_parallel_taxes_are_taken_out_of_one_price_together():
    totals = compute(invoice(line("112", GST, PST), line("105", GST), prices_include_tax=True))

    assert totals.taxes == (TaxTotal(GST, eur("200"), eur("10")), TaxTotal(PST, eur("100"), eur("7")))
    assert totals.total == eur("217")


@pytest.mark.parametrize("tax_rounding", ["line", "document"])
@pytest.mark.parametrize("prices_include_tax", [True, False])
@pytest.mark.parametrize("full", ["100%", "1.03"])
def test_a_full_discount_leaves_exactly_nothing(tax_rounding, prices_include_tax, full):
    lines = [line("0.33", VAT_20), line("0.33", VAT_20, GST), line("0.37", VAT_10)]
    modes = {"tax_rounding": tax_rounding, "prices_include_tax": prices_include_tax}

    on_document = compute(invoice(*lines, adjustments=(discount(full),), **modes))
    on_line = compute(invoice(line("1.03", VAT_20, adjustments=(discount(full),)), **modes))

    assert (on_document.total, on_document.tax, on_document.due) == (eur("0"), eur("0"), eur("0"))
    assert {(total.base, total.amount) for total in on_document.taxes} == {(eur("0"), eur("0"))}
    assert (on_line.total, on_line.tax) == (eur("0"), eur("0"))


def test_a_discount_falls_on_the_tax_groups_in_proportion():
    document = invoice(line("30", VAT_20), line("10", VAT_10), adjustments=(discount("5"),))

    assert taxes_of(document) == [(VAT_20, "26.25", "5.25"), (VAT_10, "8.75", "0.88")]


def test_the_shares_of_the_groups_are_the_same_however_many_lines_they_have():
    lines = [line("0.01", VAT_20)] * 150 + [line("2", VAT_10)]

    bases = [
        [(tax, base) for tax, base, _ in taxes_of(invoice(*lines, adjustments=(discount("1"),), tax_rounding=rounding))]
        for rounding in ("line", "document")
    ]

    assert bases == [[(VAT_20, "1.07"), (VAT_10, "1.43")]] * 2


def test_a_discount_with_taxes_falls_on_that_group_alone():
    document = invoice(line("30", VAT_20), line("10", VAT_10), adjustments=(discount("5", taxes=(VAT_10,)),))

    assert taxes_of(document) == [(VAT_20, "30.00", "6.00"), (VAT_10, "5.00", "0.50")]


def test_a_percentage_with_taxes_is_still_of_all_lines():
    document = invoice(line("30", VAT_20), line("10", VAT_10), adjustments=(discount("10%", taxes=(VAT_20,)),))

    assert taxes_of(document) == [(VAT_20, "26.00", "5.20"), (VAT_10, "10.00", "1.00")]


@pytest.mark.parametrize("tax_rounding", ["line", "document"])
def test_a_charge_can_bring_a_tax_no_line_has(tax_rounding):
    document = invoice(line("30", VAT_20), adjustments=(charge("4.99", taxes=(VAT_10,)),), tax_rounding=tax_rounding)

    assert taxes_of(document) == [(VAT_20, "30.00", "6.00"), (VAT_10, "4.99", "0.50")]


@pytest.mark.parametrize("tax_rounding", ["line", "document"])
def test_a_charge_without_tax_stays_untaxed(tax_rounding):
    document = invoice(line("30", VAT_20), adjustments=(charge("4.99", taxes=()),), tax_rounding=tax_rounding)

    assert taxes_of(document) == [(VAT_20, "30.00", "6.00")]
    assert compute(document).total == eur("40.99")


@pytest.mark.parametrize("tax_rounding", ["line", "document"])
def test_freight_on_free_goods_is_taxed_like_the_goods(tax_rounding):
    document = invoice(line("0", VAT_20), line("0", VAT_10), adjustments=(charge("10"),), tax_rounding=tax_rounding)

    assert taxes_of(document) == [(VAT_20, "5.00", "1.00"), (VAT_10, "5.00", "0.50")]


def test_a_charge_on_a_document_without_lines_is_not_taxed():
    assert compute(invoice(adjustments=(charge("10"),))).total == eur("10")


def test_returned_goods_are_negative_lines():
    document = invoice(line("100", VAT_20, quantity="3"), line("100", VAT_20, quantity="-1"))

    assert taxes_of(document) == [(VAT_20, "200.00", "40.00")]
    assert compute(document).lines[1].total == eur("-120")


def test_a_discount_of_a_returned_line_is_returned_with_it():
    (total,) = compute(invoice(line("100", VAT_20, quantity="-1", adjustments=(discount("10%"),)))).lines

    assert (total.gross, total.discount, total.net, total.tax) == (eur("-100"), eur("-10"), eur("-90"), eur("-18"))


def test_a_percentage_falls_on_every_group_even_when_the_lines_cancel_out():
    document = invoice(line("100", VAT_20), line("-100", EXEMPT), adjustments=(discount("10%"),))

    assert taxes_of(document) == [(VAT_20, "90.00", "18.00"), (EXEMPT, "-90.00", "0.00")]


@pytest.mark.parametrize("tax_rounding", ["line", "document"])
def test_freight_on_goods_mostly_returned_is_not_magnified(tax_rounding):
    document = invoice(
        line("1000", VAT_20), line("-999", VAT_10), adjustments=(charge("5"),), tax_rounding=tax_rounding
    )

    assert taxes_of(document) == [(VAT_20, "1,005.00", "201.00"), (VAT_10, "-999.00", "-99.90")]


def test_an_amount_paid_in_advance_may_exceed_the_total():
    assert compute(invoice(line("10"), prepaid=eur("15"))).due == eur("-5")


def test_what_was_paid_in_advance_on_returned_goods_is_returned():
    assert compute(invoice(line("10", quantity="-1"), prepaid=eur("-4"))).due == eur("-6")


@pytest.mark.parametrize("rounding", ["0.02", "-0.02"])
def test_cash_rounding_changes_what_is_due_and_nothing_else(rounding):
    totals = compute(invoice(line("10"), payable_rounding=eur(rounding)))

    assert (totals.total, totals.due) == (eur("10"), eur("10") + eur(rounding))


def test_five_hundred_lines_add_up():
    totals = compute(invoice(*[line("0.125", VAT_20, GST, quantity=str(n)) for n in range(500)]))

    assert sum((total.total for total in totals.lines), eur("0")) == totals.total


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: line("NaN"), "Line 1: The unit price must be a number."),
        (lambda: line("sNaN"), "Line 1: The unit price must be a number."),
        (lambda: line("Infinity"), "Line 1: The unit price must be a number."),
        (lambda: line("1", quantity="-Infinity"), "Line 1: The quantity must be a number."),
        (lambda: Line(1.5, Decimal(1)), "Line 1: The quantity must be a number."),
        (lambda: Line("1", Decimal(1)), "Line 1: The quantity must be a number."),
        (lambda: Line(None, Decimal(1)), "Line 1: The quantity must be a number."),
        (lambda: line("1", quantity="0.0000001"), "Line 1: The quantity has more than 6 decimals."),
        (lambda: line("0.0000001"), "Line 1: The unit price has more than 6 decimals."),
        (lambda: line("1E-1000000"), "Line 1: The unit price has more than 6 decimals."),
        (lambda: line("1E+1000000"), "Line 1: The unit price is too large."),
        (lambda: line("1", quantity="1E+30"), "Line 1: The quantity is too large."),
        (lambda: line("1", base="0"), "Line 1: The price base quantity must be more than zero."),
        (lambda: line("1", base="-1"), "Line 1: The price base quantity must be more than zero."),
        (lambda: line("1", VAT_20, VAT_20), "Line 1: The same tax is given twice."),
        (
            lambda: line("1E+13"),
            "Line 1: The amount is too large: at most EUR 9,999,999,999,999.99 can be handled.",
        ),
        (
            lambda: line("10", adjustments=(discount("10.01"),)),
            "Line 1: The discount of EUR 10.01 is more than the EUR 10.00 it is taken from.",
        ),
        (
            lambda: line("10", adjustments=(discount("60%"), discount("60%"))),
            "Line 1: The discount of EUR 12.00 is more than the EUR 10.00 it is taken from.",
        ),
        (lambda: line("10", adjustments=(discount("-1"),)), "Line 1: A discount cannot be negative."),
        (lambda: line("10", adjustments=(charge("-1"),)), "Line 1: A charge cannot be negative."),
        (
            lambda: line("-10", adjustments=(discount("1"),)),
            "Line 1: The discount of EUR 1.00 is more than the EUR -10.00 it is taken from.",
        ),
        (
            lambda: line("10", adjustments=(discount("1", currency="USD"),)),
            "Line 1: The document is in EUR, but an amount on it is in USD.",
        ),
        (
            lambda: line("10", adjustments=(discount("1", taxes=(VAT_20,)),)),
            "Line 1: A discount or charge of a line is taxed with the line and has no taxes of its own.",
        ),
    ],
)
def test_lines_that_cannot_be_are_refused(make, sentence):
    with pytest.raises(TotalsError) as refusal:
        compute(invoice(make()))

    assert (str(refusal.value), refusal.value.line) == (sentence, 1)


def test_the_refusal_says_which_line():
    with pytest.raises(TotalsError) as refusal:
        compute(invoice(line("1"), line("1"), line("NaN")))

    assert (str(refusal.value), refusal.value.line) == ("Line 3: The unit price must be a number.", 3)


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        (
            {"adjustments": (discount("40.01"),)},
            "The discount of EUR 40.01 is more than the EUR 40.00 it is taken from.",
        ),
        (
            {"adjustments": (discount("100%"), discount("1%"))},
            "The discount of EUR 40.40 is more than the EUR 40.00 it is taken from.",
        ),
        (
            {"adjustments": (discount("10.01", taxes=(VAT_10,)),)},
            "The discount with VAT is more than the EUR 10.00 it is taken from.",
        ),
        (
            {"adjustments": (discount("1", taxes=(GST, PST)),)},
            "The discount with GST and PST is more than the EUR 0.00 it is taken from.",
        ),
        (
            {"adjustments": (discount("1", taxes=()),)},
            "The discount with no tax is more than the EUR 0.00 it is taken from.",
        ),
        ({"adjustments": (charge("-1"),)}, "A charge cannot be negative."),
        ({"adjustments": (charge("1", taxes=(GST, GST)),)}, "The same tax is given twice."),
        (
            {"adjustments": (charge("1", currency="JPY"),)},
            "The document is in EUR, but an amount on it is in JPY.",
        ),
        ({"prepaid": Money(1, "USD")}, "The document is in EUR, but an amount on it is in USD."),
        ({"prepaid": eur("-1")}, "An amount paid in advance cannot be negative."),
        ({"payable_rounding": Money(1, "USD")}, "The document is in EUR, but an amount on it is in USD."),
        (
            {"adjustments": (charge("9,999,999,999,999.99"),)},
            "The amount is too large: at most EUR 9,999,999,999,999.99 can be handled.",
        ),
    ],
)
def test_documents_that_cannot_be_are_refused(fields, sentence):
    document = invoice(line("30", VAT_20), line("10", VAT_10), **fields)

    with pytest.raises(TotalsError) as refusal:
        compute(document)

    assert (str(refusal.value), refusal.value.line) == (sentence, None)


def test_totals_end_at_the_largest_amount():
    half = Money(LARGEST // 2, "EUR").amount

    assert compute(invoice(line(half), line(half))).total == Money(LARGEST - 1, "EUR")
    with pytest.raises(TotalsError, match="too large"):
        compute(invoice(line(half), line(half), line("0.02")))
    with pytest.raises(TotalsError, match="too large"):
        compute(invoice(line(half), line(half, VAT_20)))


@pytest.mark.parametrize("currency", ["XXX", "", "eur", None])
def test_unknown_currencies_are_refused(currency):
    for lines in ([], [line("1")]):
        with pytest.raises(TotalsError, match="This currency is not known"):
            compute(invoice(*lines, currency=currency))


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: Tax("VAT", Decimal(-1)), "The tax rate must be between 0% and 1000%."),
        (lambda: Tax("VAT", Decimal("1000.0001")), "The tax rate must be between 0% and 1000%."),
        (lambda: Tax("VAT", Decimal("0.00001")), "The tax rate has more than 4 decimals."),
        (lambda: Tax("VAT", Decimal("NaN")), "The tax rate must be a number."),
        (lambda: Tax("VAT", 0.2), "The tax rate must be a number."),
        (lambda: Tax("VAT", Decimal(20), "X"), "The tax category must be one of S, Z, E, AE, K, G, O, L, M."),
        (lambda: Tax("VAT", Decimal(20), "AE"), "A tax of category AE must have the rate 0%."),
        (lambda: Adjustment("rebate", "", percent=Decimal(1)), "An adjustment is either a discount or a charge."),
        (lambda: Adjustment("discount", ""), "Give the discount either a percentage or an amount."),
        (
            lambda: Adjustment("charge", "", Decimal(1), Money(1, "EUR")),
            "Give the charge either a percentage or an amount.",
        ),
        (lambda: discount("-1%"), "The discount percentage must be between 0% and 100%."),
        (lambda: discount("100.0001%"), "The discount percentage must be between 0% and 100%."),
        (lambda: charge("1001%"), "The charge percentage must be between 0% and 1000%."),
        (lambda: charge("Infinity%"), "The charge percentage must be a number."),
        (lambda: invoice(tax_rounding="total"), "Tax is rounded either by line or by document."),
    ],
)
def test_entries_that_cannot_be_are_refused(make, sentence):
    with pytest.raises(TotalsError) as refusal:
        make()

    assert str(refusal.value) == sentence
