from decimal import Decimal

import pytest

from security.spreadsheet import cell, stream


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        "+1",
        "-1",
        "@SUM(A1)",
        " =1",
        '"=1',
        "'=1",
        " ' \" =1",
        "\N{FULLWIDTH EQUALS SIGN}1",
        "\tAcme",
        "\N{NO-BREAK SPACE}=1",
        "\N{ZERO WIDTH SPACE}=1",
        "\N{SOFT HYPHEN}=1",
        "\N{LEFT-TO-RIGHT MARK}=1",
        "\N{ARABIC LETTER MARK}=1",
        "\N{MONGOLIAN VOWEL SEPARATOR}=1",
        "\N{ZERO WIDTH NO-BREAK SPACE}=1",
        "\N{EM SPACE}=1",
        "\N{IDEOGRAPHIC SPACE}=1",
        "\N{LINE SEPARATOR}=1",
        "\x0b=1",
        " \N{ZERO WIDTH SPACE}' +1",
    ],
    ids=ascii,
)
def test_what_a_program_would_calculate_is_made_text(text):
    assert cell(text) == f"'{text}"


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("Acme;=1+1", "Acme;'=1+1"),
        ("Acme|=1", "Acme|'=1"),
        ("Acme\t@SUM(A1)", "Acme\t'@SUM(A1)"),
        ("Acme\n=1", "Acme\n'=1"),
        ('a; "=1;b;+2', "a;' \"=1;b;'+2"),
        ("=1;=2", "'=1;'=2"),
        ("\t=1", "'\t'=1"),
        ("\r=1", "'\r'=1"),
        ("\n=1", "'\n'=1"),
    ],
)
def test_what_begins_a_cell_for_programs_that_split_elsewhere_is_made_text(text, written):
    assert cell(text) == written


@pytest.mark.parametrize("text", ["a;b", "a|b", "one; two", "x;3-2"])
def test_separators_alone_are_left_alone(text):
    assert cell(text) == text


@pytest.mark.parametrize(
    "text", ["", " ", "Acme", "A=1", "O'Neill", "INV-000042", "3 - 2", "\N{ZERO WIDTH SPACE}Acme=1"]
)
def test_ordinary_text_is_left_alone(text):
    assert cell(text) == text


def test_numbers_stay_numbers_even_below_zero():
    lines = list(stream(["Number", "Amount"], [["=HYPERLINK()", Decimal("-1250.50")]]))

    assert lines == ["\N{ZERO WIDTH NO-BREAK SPACE}Number,Amount\r\n", "'=HYPERLINK(),-1250.50\r\n"]


def test_a_heading_somebody_wrote_is_no_formula():
    assert next(stream(["Number", "=HYPERLINK()"], [])).endswith("Number,'=HYPERLINK()\r\n")
