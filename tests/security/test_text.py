import pytest
from django import forms
from django.core.exceptions import ValidationError

from security.text import PlainTextField, clean_text, validate_plain_text


class Form(forms.Form):
    line = PlainTextField(max_length=20)
    note = PlainTextField(multiline=True, required=False)


@pytest.mark.parametrize(
    "text", ["Acme", "Société Générale", "王小明", "مكتبة", "Zoë\u200d", "می\u200cخواهم", "a\tb", "👩‍👩‍👧"]
)
def test_what_people_write_is_kept(text):
    validate_plain_text(text)

    assert Form({"line": text}).is_valid()


@pytest.mark.parametrize(
    "text",
    ["a\x00b", "a\x07b", "a\x1bb", "a\x7fb", "a\x85b", "a\u2028b", "a\u2029b", "a\ud800b"]
    + [f"a{mark}b" for mark in "\u200b\u200e\u200f\u2060\ufeff\u00ad\ufdd0\ufffe\U000e0000\U000e0041\U0001ffff"],
)
def test_control_characters_are_refused_in_words(text):
    with pytest.raises(ValidationError, match="holds an invisible control character"):
        validate_plain_text(text)

    assert Form({"line": text}).errors["line"][0].startswith("This text holds an invisible control character.")


@pytest.mark.parametrize("mark", [*map(chr, range(0x202A, 0x202F)), *map(chr, range(0x2066, 0x206A))])
def test_marks_that_reverse_the_reading_order_are_refused(mark):
    with pytest.raises(ValidationError, match="change the reading direction"):
        validate_plain_text(f"invoice{mark}fdp.exe")


def test_text_has_one_way_to_write_a_line_end_and_an_accent():
    assert clean_text("  one\r\ntwo\rthree e\u0301 ") == "one\ntwo\nthree \xe9"


def test_a_line_is_one_line_and_a_note_may_have_several():
    form = Form({"line": "one\ntwo", "note": "one\r\ntwo"})

    assert form.errors == {"line": ["Write this on one line."]}
    assert form.cleaned_data["note"] == "one\ntwo"


def test_length_is_bounded_even_where_nobody_said_so():
    form = Form({"line": "x" * 21, "note": "x" * 10_000})

    assert [*form.errors] == ["line", "note"]


def test_only_blanks_is_nothing():
    assert Form({"line": " \t "}).errors == {"line": ["This field is required."]}
