import pytest

from billing.custom_values import ValueRefused, parse, shown


@pytest.mark.parametrize(
    ("kind", "typed", "kept"),
    [
        ("text", " North Sea ", "North Sea"),
        ("text", "", ""),
        ("number", "12.50", "12.5"),
        ("number", "1,234", "1234"),
        ("number", "007", "7"),
        ("number", "-0.0", "0"),
        ("number", "\N{MINUS SIGN}3", "-3"),
        ("number", "+4.", "4"),
        ("number", "123456789012345.123456", "123456789012345.123456"),
        ("number", " ", ""),
        ("date", "2026-03-12", "2026-03-12"),
        ("date", "1900-01-01", "1900-01-01"),
        ("choice", "North", "North"),
        ("choice", "", ""),
    ],
)
def test_equal_values_are_kept_in_one_way(kind, typed, kept):
    assert parse(kind, typed, ["North", "South"]) == kept


@pytest.mark.parametrize(
    ("kind", "typed", "sentence"),
    [
        ("text", "x" * 201, "at most 200 characters. It has 201"),
        ("number", "twelve", "not a number"),
        ("number", "1,23", "not a number"),
        ("number", "1e5", "not a number"),
        ("number", "٣", "not a number"),
        ("number", "1234567890123456", "at most 15 digits"),
        ("number", "0.1234567", "6 after the point"),
        ("date", "12.3.2026", "not a day"),
        ("date", "2026-02-30", "not a day"),
        ("date", "20260312", "not a day"),
        ("date", "1899-12-31", "between 1900 and 2199"),
        ("choice", "East", "Choose one from the list."),
        ("choice", "north", "Choose one from the list."),
    ],
)
def test_what_is_no_value_says_how_to_write_one(kind, typed, sentence):
    with pytest.raises(ValueRefused, match=sentence):
        parse(kind, typed, ["North", "South"])


@pytest.mark.parametrize(
    ("kind", "kept", "read"),
    [
        ("text", "North Sea", "North Sea"),
        ("number", "1234.5", "1,234.5"),
        ("number", "-3", "-3"),
        ("number", "123456789012345.123456", "123,456,789,012,345.123456"),
        ("date", "2026-03-12", "12 Mar 2026"),
        ("choice", "North", "North"),
        ("number", "", ""),
        ("date", "", ""),
    ],
)
def test_a_kept_value_is_shown_as_people_read_it(kind, kept, read):
    assert shown(kind, kept) == read
