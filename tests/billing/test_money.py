import contextlib
import decimal
import pickle
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.money import (
    CURRENCIES,
    LARGEST,
    CurrencyMismatch,
    Money,
    MoneyError,
    exponent,
    round_minor,
    round_ratio,
    split,
)

amounts = st.integers(-LARGEST, LARGEST)
currencies = st.sampled_from(["EUR", "JPY", "KWD", "CLF"])


def eur(minor):
    return Money(minor, "EUR")


def test_every_currency_has_a_code_an_exponent_and_a_name_of_its_own():
    assert len(CURRENCIES) == 165
    assert all(len(code) == 3 and code.isascii() and code.isupper() for code in CURRENCIES)
    assert {currency.exponent for currency in CURRENCIES.values()} == {0, 2, 3, 4}
    assert len({currency.name for currency in CURRENCIES.values()}) == len(CURRENCIES)


def test_exponents_are_those_of_iso_4217():
    by_exponent = {places: " ".join(code for code in CURRENCIES if exponent(code) == places) for places in (0, 3, 4)}

    assert by_exponent == {
        0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
        3: "BHD IQD JOD KWD LYD OMR TND",
        4: "CLF UYW",
    }


@pytest.mark.parametrize("withdrawn", ["DEM", "HRK", "BGN", "ANG", "ZWL"])
def test_withdrawn_currencies_are_not_known(withdrawn):
    assert withdrawn not in CURRENCIES


@pytest.mark.parametrize("code", ["", "eur", "EURO", "XXX", "XAU", "€", "EU\x00", None, 978, ["EUR"]])
def test_unknown_currencies_are_refused(code):
    with pytest.raises(MoneyError, match="This currency is not known"):
        Money(1, code)


@pytest.mark.parametrize("minor", [1.0, True, "1", None, Decimal(1)])
def test_only_whole_numbers_are_amounts(minor):
    with pytest.raises(MoneyError, match="whole number of minor units"):
        Money(minor, "EUR")


def test_amounts_end_at_the_largest():
    assert Money(LARGEST, "EUR").plain() == "EUR 9,999,999,999,999.99"
    for minor in (LARGEST + 1, -LARGEST - 1):
        with pytest.raises(MoneyError, match=r"too large: at most EUR 9,999,999,999,999\.99 can be handled"):
            Money(minor, "EUR")
    with pytest.raises(MoneyError, match="too large"):
        eur(LARGEST) + eur(1)


def test_amounts_cannot_be_changed():
    with pytest.raises(AttributeError):
        eur(1).minor = 2


def test_amounts_survive_pickling_and_serve_as_keys():
    assert pickle.loads(pickle.dumps(eur(5))) == eur(5)
    assert len({eur(5), eur(5), Money(5, "USD")}) == 2


def test_arithmetic():
    assert eur(5) + eur(7) == eur(12)
    assert eur(5) - eur(7) == eur(-2)
    assert -eur(5) == eur(-5)
    assert eur(5) * 3 == 3 * eur(5) == eur(15)
    assert sum([eur(1), eur(2)], Money.zero("EUR")) == eur(3)
    assert (bool(eur(0)), bool(eur(-1))) == (False, True)


def test_comparisons():
    assert eur(1) < eur(2) <= eur(2) < eur(3)
    assert eur(3) > eur(2) >= eur(2)
    assert eur(1) != Money(1, "USD")
    assert max(eur(1), eur(9), eur(3)) == eur(9)


@pytest.mark.parametrize(
    "operation",
    [
        lambda one, other: one + other,
        lambda one, other: one - other,
        lambda one, other: one < other,
        lambda one, other: one <= other,
        lambda one, other: one > other,
        lambda one, other: one >= other,
    ],
)
def test_two_currencies_never_meet(operation):
    with pytest.raises(CurrencyMismatch, match="EUR and USD cannot be used together"):
        operation(eur(1), Money(1, "USD"))


@pytest.mark.parametrize(
    "operation",
    [
        lambda: eur(1) + 1,
        lambda: 1 + eur(1),
        lambda: eur(1) - 1,
        lambda: eur(1) * 1.5,
        lambda: eur(1) * True,
        lambda: eur(1) * Decimal(2),
        lambda: eur(1) * eur(1),
        lambda: eur(1) < 2,
        lambda: eur(1) / 2,
    ],
)
def test_other_kinds_of_number_are_refused(operation):
    with pytest.raises(TypeError):
        operation()


@pytest.mark.parametrize(
    ("money", "plain"),
    [
        (Money(123450, "EUR"), "EUR 1,234.50"),
        (Money(-5, "EUR"), "EUR -0.05"),
        (Money(-123450, "EUR"), "EUR -1,234.50"),
        (Money(0, "EUR"), "EUR 0.00"),
        (Money(1234567, "JPY"), "JPY 1,234,567"),
        (Money(-1, "JPY"), "JPY -1"),
        (Money(1234567, "KWD"), "KWD 1,234.567"),
        (Money(12345, "CLF"), "CLF 1.2345"),
    ],
)
def test_plain_text(money, plain):
    assert (money.plain(), str(money)) == (plain, plain)


@given(amounts, currencies)
def test_plain_text_reads_back(minor, currency):
    assert Money.parse(Money(minor, currency).plain(), currency) == Money(minor, currency)


@given(amounts, currencies)
def test_amount_is_exact_whatever_the_precision_around_it(minor, currency):
    with decimal.localcontext(prec=3):
        amount = Money(minor, currency).amount

    assert amount.as_tuple().exponent == -exponent(currency)
    assert round_minor(amount, currency) == Money(minor, currency)


@pytest.mark.parametrize(
    ("text", "currency", "minor"),
    [
        ("1234.50", "EUR", 123450),
        ("1,234.50", "EUR", 123450),
        ("1,234,567.8", "EUR", 123456780),
        ("  7 ", "EUR", 700),
        ("\u00a07\u00a0", "EUR", 700),
        ("-7", "EUR", -700),
        ("\N{MINUS SIGN}7", "EUR", -700),
        ("+ 7", "EUR", 700),
        (".5", "EUR", 50),
        ("5.", "EUR", 500),
        ("007", "EUR", 700),
        ("EUR 20", "EUR", 2000),
        ("eur20", "EUR", 2000),
        ("20 EUR", "EUR", 2000),
        ("1,234", "JPY", 1234),
        ("1.234", "KWD", 1234),
        ("1.2345", "CLF", 12345),
        ("9,999,999,999,999.99", "EUR", LARGEST),
    ],
)
def test_parse(text, currency, minor):
    assert Money.parse(text, currency) == Money(minor, currency)


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            " ",
            ".",
            "-",
            "EUR",
            "abc",
            "1e5",
            "1E5",
            "NaN",
            "Infinity",
            "-inf",
            "0x10",
            "1_000",
            "--1",
            "1-",
            "(5)",
        ),
        *(
            "1,23",
            "12,34.5",
            "1,2345",
            ",123",
            "1,234,",
            "1 234",
            "1.2.3",
            "1.234,50",
            "12,50",
            "1/2",
            "5%",
            "€5",
            "1\x00",
        ),
        *("\u202e5", "\u0661\u0662", "\uff11", "1\u0661", "1\n2", "=1+1", "9" * 41, None, 5, 5.0, b"5"),
    ],
)
def test_parse_refuses_what_is_not_an_amount(text):
    with pytest.raises(MoneyError) as refusal:
        Money.parse(text, "EUR")

    assert str(refusal.value) == (
        "This is not an amount. Write digits, with a point before the decimals, like 1,234.00."
    )


@pytest.mark.parametrize(
    ("text", "currency", "sentence"),
    [
        ("1.005", "EUR", "EUR has 2 decimals, but the amount has 3."),
        ("1.500", "EUR", "EUR has 2 decimals, but the amount has 3."),
        ("1.0", "JPY", "JPY has no decimals, but the amount has 1."),
        ("1.00000", "KWD", "KWD has 3 decimals, but the amount has 5."),
        ("USD 5", "EUR", "The amount is in USD, but EUR is expected here."),
        ("5 usd", "EUR", "The amount is in USD, but EUR is expected here."),
        ("10,000,000,000,000", "EUR", "The amount is too large: at most EUR 9,999,999,999,999.99 can be handled."),
        ("9" * 40, "JPY", "The amount is too large: at most JPY 999,999,999,999,999 can be handled."),
        ("x", "JPY", "This is not an amount. Write digits only, like 1,234."),
        ("5", "XYZ", "This currency is not known. Choose one by its three-letter code, such as EUR or USD."),
    ],
)
def test_parse_says_what_is_wrong(text, currency, sentence):
    with pytest.raises(MoneyError) as refusal:
        Money.parse(text, currency)

    assert str(refusal.value) == sentence


@given(st.text())
def test_parse_never_fails_in_another_way(text):
    with contextlib.suppress(MoneyError):
        Money.parse(text, "EUR")


@pytest.mark.parametrize(
    ("value", "currency", "minor"),
    [
        ("0.005", "EUR", 1),
        ("0.0049999999999999999999999999999999999999999999", "EUR", 0),
        ("-0.005", "EUR", -1),
        ("1.015", "EUR", 102),
        ("2.5", "JPY", 3),
        ("-2.5", "JPY", -3),
        ("0.0005", "KWD", 1),
        ("1E-1000000", "EUR", 0),
        ("1E+3", "EUR", 100000),
        ("-0", "EUR", 0),
    ],
)
def test_rounding_is_half_up_away_from_zero(value, currency, minor):
    assert round_minor(Decimal(value), currency) == Money(minor, currency)


@pytest.mark.parametrize(
    "value", [Decimal("NaN"), Decimal("sNaN"), Decimal("Infinity"), Decimal("-Infinity"), 1.5, "1", None]
)
def test_rounding_refuses_what_is_not_a_finite_decimal(value):
    with pytest.raises(MoneyError, match="Only a finite decimal number"):
        round_minor(value, "EUR")


@pytest.mark.parametrize("value", ["1E+13", "-1E+13", "1E+1000000", "9999999999999.995"])
def test_rounding_refuses_what_is_too_large(value):
    with pytest.raises(MoneyError, match="too large"):
        round_minor(Decimal(value), "EUR")


@given(st.integers(-(10**18), 10**18), st.integers(0, 6))
def test_both_forms_of_the_rounding_rule_agree(digits, decimals):
    value = Decimal(digits).scaleb(-decimals - 6)

    assert round_minor(value, "EUR").minor == round_ratio(digits * 100, 10 ** (decimals + 6))


@pytest.mark.parametrize(
    ("minor", "weights", "parts"),
    [
        (100, [1, 1, 1], [34, 33, 33]),
        (-100, [1, 1, 1], [-34, -33, -33]),
        (5, [Decimal("0.7"), Decimal("0.3")], [4, 1]),
        (1, [1, 1], [1, 0]),
        (10, [0, 1], [0, 10]),
        (7, [0, 0, 0], [3, 2, 2]),
        (0, [1, 2], [0, 0]),
        (1000, [Decimal(1) / 3, Decimal(2) / 3], [333, 667]),
        (LARGEST, [1], [LARGEST]),
        (100, [Decimal("1E-30"), 1], [0, 100]),
    ],
)
def test_split(minor, weights, parts):
    assert split(eur(minor), weights) == [eur(part) for part in parts]


@pytest.mark.parametrize(
    ("weights", "sentence"),
    [
        ([], "There is nothing to share the amount between."),
        ([1, -1], "A share cannot be negative."),
        ([Decimal("NaN")], "A share is a finite decimal or whole number."),
        ([Decimal("Infinity")], "A share is a finite decimal or whole number."),
        ([0.5], "A share is a finite decimal or whole number."),
        ([True], "A share is a finite decimal or whole number."),
        ([Decimal("1E+1000000")], "A share is a finite decimal or whole number."),
    ],
)
def test_split_refuses_weights_that_are_none(weights, sentence):
    with pytest.raises(MoneyError) as refusal:
        split(eur(100), weights)

    assert str(refusal.value) == sentence


weights = st.lists(
    st.one_of(st.integers(0, 10**6), st.decimals(0, 10**6, places=4, allow_nan=False)), min_size=1, max_size=12
)


@given(amounts, weights)
def test_split_parts_sum_to_the_whole_and_are_within_one_unit_of_exact(minor, weights):
    parts = [part.minor for part in split(eur(minor), weights)]
    total = sum(map(Decimal, weights))

    assert sum(parts) == minor
    if total:
        with decimal.localcontext(prec=60):
            assert all(abs(part - minor * weight / total) < 1 for part, weight in zip(parts, weights, strict=True))


@given(amounts, weights)
def test_split_of_a_negative_amount_mirrors_the_positive(minor, weights):
    assert split(eur(-minor), weights) == [-part for part in split(eur(minor), weights)]
