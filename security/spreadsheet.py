"""Tables as CSV that no spreadsheet program takes for a formula."""

import csv
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Any

BYTE_ORDER_MARK = "\N{ZERO WIDTH NO-BREAK SPACE}"
FORMULA_STARTS = tuple(
    "=+-@\N{FULLWIDTH EQUALS SIGN}\N{FULLWIDTH PLUS SIGN}\N{FULLWIDTH HYPHEN-MINUS}\N{FULLWIDTH COMMERCIAL AT}"
)
CONTROL_STARTS = ("\t", "\r", "\n")
SKIPPED = "'\""
UNSEEN = ("Cc", "Cf", "Zl", "Zp", "Zs")
"""Categories of characters that show as nothing or as a space: control, format and separator characters."""
# Programs set to another separator than the comma begin a cell after each of these.
SEPARATORS = re.compile(r"[;\t|\r\n]")


def cell(value: Any) -> Any:
    """Numbers stay numbers; text a program would calculate gets an apostrophe before it, wherever its cells begin."""
    if not isinstance(value, str) or not value:
        return value
    if value.startswith(CONTROL_STARTS):
        value = f"'{value}"
    parts = SEPARATORS.split(value)
    if not any(_is_formula(part) for part in parts):
        return value
    separators = ["", *SEPARATORS.findall(value)]
    return "".join(
        f"{separator}'{part}" if _is_formula(part) else f"{separator}{part}"
        for separator, part in zip(separators, parts, strict=True)
    )


def _is_formula(text: str) -> bool:
    """Whether a program calculates it, which may pass over quotes and what nobody sees first."""
    shown = next((sign for sign in text if sign not in SKIPPED and unicodedata.category(sign) not in UNSEEN), "")
    return shown in FORMULA_STARTS


def stream(head: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[str]:
    """The lines of the file, one by one; the mark at the start tells spreadsheet programs that it is UTF-8."""
    yield BYTE_ORDER_MARK + "".join(lines([head]))
    yield from lines(rows)


def lines(rows: Iterable[Sequence[Any]]) -> Iterator[str]:
    """Rows as lines of such a file."""
    writer = csv.writer(_Line())
    for row in rows:
        yield writer.writerow([f"{value:f}" if isinstance(value, Decimal) else cell(value) for value in row])


class _Line:
    """A file that hands back what is written to it."""

    def write(self, line: str) -> str:
        return line
