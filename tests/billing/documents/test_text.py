import pytest

from billing.documents.text import LONG_WORD, breakable, printable


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Acme Ltd", "Acme Ltd"),
        ("a\tb\r\nc\x0bd", "a b\nc\nd"),
        ("a\n\n\n\n\nb", "a\n\nb"),
        ("nul\x00 bell\x07 escape\x1b[31m", "nul bell escape[31m"),
        ("\u202dabc\u202e \u2066def\u2069", "abc def"),
        ("cafe\u0301", "café"),
        ("zalgo\u0300" + "\u0316" * 40, "zalgò\u0316\u0316\u0316"),
        ("private \ue000 and unassigned \u0378", "private � and unassigned �"),
        ("€1,000\u00a0–\u202f£2", "€1,000\u00a0–\u202f£2"),
        ("عربي עברית 中文 ไทย हिन्दी", "عربي עברית 中文 ไทย हिन्दी"),
        ("שלום.\nHello.\nمرحبا", "שלום.\u200f\nHello.\nمرحبا"),
        ("  \ufeff padded  ", "padded"),
    ],
)
def test_printable(text, expected):
    assert printable(text) == expected


def test_a_mark_its_letter_cannot_carry_is_left_out():
    assert printable("中\u0e31") == "中"


def test_a_long_word_comes_in_pieces():
    word = "x" * 25

    assert breakable(f"short {word} end") == ["short xxxxxxxxxx", "xxxxxxxxxx", "xxxxx end"]
    assert breakable("x" * (LONG_WORD - 1)) == "x" * (LONG_WORD - 1)
    assert "".join(breakable("a" * 9 + "\u0e01\u0e31" * 20)) == "a" * 9 + "\u0e01\u0e31" * 20


def test_no_piece_begins_with_a_mark():
    assert not any(piece[0] == "\u0e31" for piece in breakable("\u0e01\u0e31" * 30 + "\u0e01" + "\u0e01\u0e31" * 30))


def test_ideographs_need_no_pieces():
    assert breakable("中" * 50) == "中" * 50
