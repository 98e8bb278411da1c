"""Limits as people write them."""

import pytest

from accounts import limits


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("", {}),
        (" , ", {}),
        ("500 EUR", {"EUR": 500}),
        ("500eur", {"EUR": 500}),
        ("EUR 500, USD600", {"EUR": 500, "USD": 600}),
        ("500 EUR; 600 USD\n7 GBP", {"EUR": 500, "USD": 600, "GBP": 7}),
        ("0 EUR", {"EUR": 0}),
        ("1000000000000 EUR", {"EUR": 10**12}),
    ],
)
def test_amounts_are_read(text, read):
    assert limits.parse(text) == read


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("500", "“500” is not understood"),
        ("500 EUR, many USD", "“many USD” is not understood"),
        ("-5 EUR", "“-5 EUR” is not understood"),
        ("5.50 EUR", "“5.50 EUR” is not understood"),
        ("٥ EUR", "“٥ EUR” is not understood"),
        ("5 XQX", "“XQX” in “5 XQX” is no currency"),
        ("5 EUR, 6 eur", "EUR stands there twice"),
        ("1000000000001 EUR", "“1000000000001 EUR” is too much: write at most 1000000000000 EUR."),
        ("1" * 401, "Write at most 400 characters."),
    ],
)
def test_what_is_not_understood_is_named(text, named):
    with pytest.raises(ValueError, match=named):
        limits.parse(text)


def test_what_is_written_is_read_again():
    amounts = {"USD": 600, "EUR": 500}
    assert limits.written(amounts) == "500 EUR, 600 USD"
    assert limits.parse(limits.written(amounts)) == amounts
    assert limits.written({}) == ""
