"""Rows of a posted formset moved about before anything is read from them: what the buttons do without JavaScript."""

from typing import Any

from django.http import QueryDict

ROWS_READ = 501
LONGEST_NUMBER = 10
Row = dict[str, list[str]]


def rows_in(data: QueryDict, prefix: str) -> list[Row]:
    """Each posted row as what was typed, by the name of its field."""
    rows: list[Row] = [{} for _ in range(_count(data, prefix))]
    for name, values in data.lists():
        head, _, rest = name.partition("-")
        number, _, field = rest.partition("-")
        at = _number(number)
        if head == prefix and field and at is not None and at < len(rows):
            rows[at][field] = values
    return rows


def rearranged(rows: list[Row], data: QueryDict, *, add: str, remove: str, up: str = "", down: str = "") -> list[Row]:
    """The rows after the button that was pressed; the buttons are named by the arguments."""
    rows = list(rows)
    if add in data:
        return [*rows, {}]
    if (at := _place(data, remove, rows)) is not None:
        rows.pop(at)
    elif (at := _place(data, up, rows)) is not None and at > 0:
        rows[at - 1], rows[at] = rows[at], rows[at - 1]
    elif (at := _place(data, down, rows)) is not None and at < len(rows) - 1:
        rows[at + 1], rows[at] = rows[at], rows[at + 1]
    return rows


def as_initial(row: Row, several: tuple[str, ...]) -> dict[str, Any]:
    """A row as the starting values of a form, word for word; fields in `several` take a list."""
    return {name: values if name in several else values[-1] for name, values in row.items()}


def _count(data: QueryDict, prefix: str) -> int:
    return min(_number(data.get(f"{prefix}-TOTAL_FORMS", "")) or 0, ROWS_READ)


def _place(data: QueryDict, button: str, rows: list[Row]) -> int | None:
    at = _number(data.get(button, ""))
    return at if at is not None and at < len(rows) else None


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < LONGEST_NUMBER else None
