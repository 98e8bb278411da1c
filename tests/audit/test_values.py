"""What anybody may type or send is kept, as far as there is room, and never keeps an entry from being written."""

import datetime
from decimal import Decimal

import pytest
from django.utils.functional import lazystr
from hypothesis import given, settings
from hypothesis import strategies as st

from audit import values
from audit.canonical import dumps
from audit.values import LARGEST_FIELD, fingerprint, long_text, plain, plain_mapping, plain_pairs, text
from security.ids import uuid7

MEGABYTE = 1_000_000
NAMES = st.text(alphabet=st.characters(codec=None, categories=None), max_size=30)
TEXTS = NAMES | st.builds(lambda part, times: part * times, NAMES, st.sampled_from([2, 80]))
HOSTILE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.decimals() | st.dates() | st.datetimes() | TEXTS,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(NAMES, inner, max_size=5),
    max_leaves=20,
)


def nested(depth):
    value = "core"
    for level in range(depth):
        value = [value] if level % 2 else {"in": value}
    return value


ENORMOUS = {
    "a text of a megabyte": "x" * MEGABYTE,
    "control characters, six bytes each": "\x01" * MEGABYTE,
    "letters of four bytes": "\U0001f600" * MEGABYTE,
    "a list of 100,000": ["x"] * 100_000,
    "lists of long texts": [["y" * MEGABYTE] * 200] * 200,
    "many empty lists": [[[]] * 2_000] * 2_000,
    "10,000 names": {f"name {number}": "x" for number in range(10_000)},
    "names of a megabyte": {f"{'n' * MEGABYTE}{number}": "x" for number in range(20)},
    "1,000 deep": nested(1_000),
    "a number of a million digits": 10**MEGABYTE,
    "a set": {str(number) for number in range(5_000)},
}


@pytest.mark.parametrize("value", ENORMOUS.values(), ids=ENORMOUS)
def test_what_is_enormous_is_cut_and_says_so(value):
    kept = {"data": plain_mapping({"first": "short", "value": value}), "pairs": plain_pairs({"value": [value, value]})}

    for part in kept.values():
        assert len(dumps(part).encode()) <= LARGEST_FIELD
        assert "…" in dumps(part)
    assert kept["data"]["first"] == "short"
    assert len(kept["pairs"]["value"]) == 2


@settings(max_examples=100)
@given(st.dictionaries(NAMES, HOSTILE, max_size=6))
def test_anything_that_is_no_float_and_no_bytes_is_kept_within_bounds(data):
    for kept in (plain_mapping(data), plain_pairs({name: [value, None] for name, value in data.items()})):
        written = dumps(kept).encode()
        assert len(written) <= LARGEST_FIELD
        assert b"\\u0000" not in written
        assert len(kept) == len(data) or "…" in kept


@pytest.mark.parametrize(
    "value", [0.1, float("nan"), float("inf"), b"bytes", bytearray(b"bytes"), memoryview(b"bytes")]
)
def test_what_has_no_exact_spelling_is_refused(value):
    with pytest.raises(TypeError, match="An entry cannot hold the "):
        plain({"deep": [value]})


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        (2**53 - 1, 2**53 - 1),
        (2**53, "9007199254740992"),
        (-(2**53), "-9007199254740992"),
        (Decimal("1.50"), "1.50"),
        (Decimal("NaN"), "NaN"),
        (datetime.date(2026, 3, 12), "2026-03-12"),
        (lazystr("later"), "later"),
        ({"b", "a"}, ["a", "b"]),
        ("a\x00b\ud800c", "abc"),
        ({"a\x00": 1, "a": 2}, {"a": 1, "a…": 2}),
    ],
)
def test_values_are_kept_as_json_has_them(value, kept):
    assert plain(value) == kept


def test_an_id_is_kept_as_text():
    id = uuid7()
    assert plain(id) == str(id)


def test_a_label_that_is_cut_ends_in_a_mark():
    assert (text("P" * 200, 200), text("P" * 201, 200)) == ("P" * 200, "P" * 199 + "…")
    assert long_text("y" * 10_001) == "y" * 10_000 + "… (cut, 10,001 characters)"


def test_a_fingerprint_outlives_the_key_of_the_sessions(settings):
    before = fingerprint("canary")
    settings.SECRET_KEY = "another one after a rotation, long enough"

    assert fingerprint("canary") == before
    assert before.startswith("fingerprint:1:")
    assert fingerprint("canary!") != before
    assert "canary" not in before


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (None, "—"),
        ("", "—"),
        (True, "yes"),
        (False, "no"),
        (0, "0"),
        ([], ""),
        (["a", None, 2], "a, —, 2"),
        ({"city": "Riga", "code": None}, "city: Riga, code: —"),
        ("first\nsecond\x1b", "first\nsecond\\x1b"),
    ],
)
def test_values_are_spoken_in_words(value, words):
    assert values.spoken(value) == words


@pytest.mark.parametrize(
    "name", ["password", "new_password", "api_key", "apiKey token", "recovery_tokens", "TOTP-seed", "card_pin"]
)
def test_names_that_announce_a_secret(name):
    assert values.is_secret(name)


@pytest.mark.parametrize("name", ["passenger", "monkey", "pinned", "keyboard_layout", "reference", "number"])
def test_names_that_do_not(name):
    assert not values.is_secret(name)


def test_letters_of_every_script_are_left_alone():
    written = "Żółć 株式会社 شركة 👩\u200d👩\u200d👧 नि\u200dष"

    assert values.visible(values.text(written)) == written
