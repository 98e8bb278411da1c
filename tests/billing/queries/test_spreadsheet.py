from decimal import Decimal

import pytest

from billing.queries.spreadsheet import cell, stream


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        "+1",
        "-1",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        "\n=1",
        " =1",
        '"=1',
        "'=1",
        " ' \" =1",
        "\N{FULLWIDTH EQUALS SIGN}1",
        "\tAcme",
    ],
)
def test_what_a_program_would_calculate_is_made_text(text):
    assert cell(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "Acme", "A=1", "O'Neill", "INV-000042", "3 - 2"])
def test_ordinary_text_is_left_alone(text):
    assert cell(text) == text


def test_numbers_stay_numbers_even_below_zero():
    lines = list(stream(["Number", "Amount"], [["=HYPERLINK()", Decimal("-1250.50")]]))

    assert lines == ["\N{ZERO WIDTH NO-BREAK SPACE}Number,Amount\r\n", "'=HYPERLINK(),-1250.50\r\n"]
