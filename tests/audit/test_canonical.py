"""One spelling for each value, as RFC 8785 has it."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.canonical import LARGEST_EXACT, dumps, size

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-LARGEST_EXACT, LARGEST_EXACT) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


def test_names_stand_in_the_order_of_their_utf_16():
    """The example of RFC 8785 §3.2.3: an emoji comes before U+FB33, as its surrogates do."""
    values = {
        "\u20ac": "Euro Sign",
        "\r": "Carriage Return",
        "\ufb33": "Hebrew Letter Dalet With Dagesh",
        "1": "One",
        "\U0001f600": "Emoji: Grinning Face",
        "\u0080": "Control",
        "\u00f6": "Latin Small Letter O With Diaeresis",
    }
    assert list(json.loads(dumps(values)).values()) == [
        "Carriage Return",
        "One",
        "Control",
        "Latin Small Letter O With Diaeresis",
        "Euro Sign",
        "Emoji: Grinning Face",
        "Hebrew Letter Dalet With Dagesh",
    ]


def test_strings_are_escaped_as_little_as_may_be():
    """The string and the literals of the example of RFC 8785 §3.2.2, and every rule of §3.2.2.2."""
    example = {"string": '\u20ac$\u000f\nA\'B"\\\\"/', "literals": [None, True, False]}
    assert dumps(example) == r'{"literals":[null,true,false],"string":"€$\u000f\nA' + r"""'B\"\\\\\"/"}"""
    assert dumps("\b\t\n\f\r") == r'"\b\t\n\f\r"'
    assert dumps("\x00\x1f\x7f\u2028\U0001f600") == '"\\u0000\\u001f\x7f\u2028\U0001f600"'


def test_the_bytes_of_the_example_of_the_rfc():
    """RFC 8785 §3.2.4, without the numbers, of which we keep whole ones only."""
    example = {"string": "\u20ac$\u000f\u000aA'\u0042\u0022\u005c\\\"\u002f", "literals": [None, True, False]}
    assert dumps(example).encode().hex(" ") == (
        "7b 22 6c 69 74 65 72 61 6c 73 22 3a 5b 6e 75 6c 6c 2c 74 72 75 65 2c 66 61 6c 73 65 5d 2c 22 73 74 72 69 6e "
        "67 22 3a 22 e2 82 ac 24 5c 75 30 30 30 66 5c 6e 41 27 42 5c 22 5c 5c 5c 5c 5c 22 2f 22 7d"
    )


@pytest.mark.parametrize(
    ("number", "written"),
    [(0, "0"), (-1, "-1"), (LARGEST_EXACT, "9007199254740991"), (-LARGEST_EXACT, "-9007199254740991")],
)
def test_whole_numbers_are_written_in_full(number, written):
    assert dumps(number) == written


@pytest.mark.parametrize("number", [2**53, -(2**53), 10**100], ids=["2^53", "-2^53", "10^100"])
def test_a_number_that_readers_would_round_is_refused(number):
    with pytest.raises(ValueError, match="too large"):
        dumps([number])


@pytest.mark.parametrize("number", [0.5, 1.0, float("nan"), float("inf")])
def test_floats_are_refused(number):
    with pytest.raises(TypeError, match="no floats"):
        dumps({"number": number})


@given(st.none() | st.booleans() | st.integers(-LARGEST_EXACT, LARGEST_EXACT) | st.text())
def test_a_size_is_that_of_the_canonical_text(scalar):
    assert size(scalar) == len(dumps(scalar).encode())


@given(VALUES)
def test_what_is_written_reads_back_and_is_written_the_same_again(value):
    written = dumps(value)
    assert json.loads(written) == value
    assert dumps(json.loads(written)) == written
