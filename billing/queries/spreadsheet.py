"""Tables as CSV that no spreadsheet program takes for a formula."""

import csv
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Any

BYTE_ORDER_MARK = "\N{ZERO WIDTH NO-BREAK SPACE}"
FORMULA_STARTS = tuple(
    "=+-@\N{FULLWIDTH EQUALS SIGN}\N{FULLWIDTH PLUS SIGN}\N{FULLWIDTH HYPHEN-MINUS}\N{FULLWIDTH COMMERCIAL AT}"
)
CONTROL_STARTS = ("\t", "\r", "\n")
SKIPPED = " \t\r\n'\"\N{NO-BREAK SPACE}"


def cell(value: Any) -> Any:
    """Numbers stay numbers; text a program would calculate gets an apostrophe before it."""
    if not isinstance(value, str) or not value:
        return value
    dangerous = value.startswith(CONTROL_STARTS) or value.lstrip(SKIPPED).startswith(FORMULA_STARTS)
    return f"'{value}" if dangerous else value


def stream(head: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[str]:
    """The lines of the file, one by one; the mark at the start tells spreadsheet programs that it is UTF-8."""
    writer = csv.writer(_Line())
    yield BYTE_ORDER_MARK + writer.writerow(head)
    for row in rows:
        yield writer.writerow([f"{value:f}" if isinstance(value, Decimal) else cell(value) for value in row])


class _Line:
    """A file that hands back what is written to it."""

    def write(self, line: str) -> str:
        return line
