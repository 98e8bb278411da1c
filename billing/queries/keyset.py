"""Pages of a list by position, not by number: as fast at the end as at the start, nothing skipped or shown twice."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

PAGE_SIZE = 50
COUNTED = 1000
SEPARATOR = "~"


@dataclass(frozen=True, slots=True)
class Order:
    """A column a list can be sorted by, then by id. `read` takes the column's value back from an address."""

    column: str
    descending: bool
    read: Callable[[str], Any]

    def turned(self) -> "Order":
        return Order(self.column, not self.descending, self.read)

    def fields(self) -> tuple[str, str]:
        sign = "-" if self.descending else ""
        return f"{sign}{self.column}", f"{sign}id"


@dataclass(frozen=True, slots=True)
class Page:
    """Rows as values, with the positions to go on from; None where nothing follows."""

    rows: Sequence[dict[str, Any]]
    before: str | None
    after: str | None


def page(
    rows: QuerySet[Any],
    order: Order,
    columns: Sequence[str],
    *,
    after: str = "",
    before: str = "",
    size: int = PAGE_SIZE,
) -> Page:
    """The page next to a position; the first one without a position, or with one that means nothing."""
    values = rows.values("id", *columns)
    if position := _read(before, order):
        found = list(_beyond(values, order.turned(), position)[: size + 1])
        if len(found) <= size:
            return page(rows, order, columns, size=size)
        shown = found[:size][::-1]
        return Page(shown, before=_write(shown[0], order), after=_write(shown[-1], order))
    position = _read(after, order)
    following = _beyond(values, order, position) if position else values.order_by(*order.fields())
    found = list(following[: size + 1])
    if position and not found:
        return page(rows, order, columns, size=size)
    shown = found[:size]
    return Page(
        shown,
        before=_write(shown[0], order) if position else None,
        after=_write(shown[-1], order) if len(found) > size else None,
    )


def following(rows: QuerySet[Any], order: Order, *, after: str, size: int) -> tuple[list[Any], str | None]:
    """Whole rows onward from a position, and the one to go on from; a position that means nothing raises ValueError.

    For programs: where `page` shows people the start again, these would go round in a circle.
    """
    position = _read(after, order)
    if after and position is None:
        raise ValueError(after)
    found = list((_beyond(rows, order, position) if position else rows.order_by(*order.fields()))[: size + 1])
    last = found[size - 1] if len(found) > size else None
    return found[:size], last and _write({order.column: getattr(last, order.column), "id": last.pk}, order)


def _beyond(rows: QuerySet[Any, Any], order: Order, position: tuple[Any, UUID]) -> QuerySet[Any, Any]:
    """What follows the position. The plain bound beside the exact one is what lets an index find the place."""
    value, id = position
    than = "lt" if order.descending else "gt"
    exact = Q(**{f"{order.column}__{than}": value}) | Q(**{f"id__{than}": id})
    return rows.filter(exact, **{f"{order.column}__{than}e": value}).order_by(*order.fields())


def _write(row: dict[str, Any], order: Order) -> str:
    return f"{row[order.column]}{SEPARATOR}{row['id'].hex}"


def _read(text: str, order: Order) -> tuple[Any, UUID] | None:
    value, _, id = text.rpartition(SEPARATOR)
    try:
        return order.read(value), UUID(id)
    except ValueError:
        return None


def counted(rows: QuerySet[Any]) -> str:
    """How many there are, as far as counting is cheap."""
    count = rows.order_by()[: COUNTED + 1].count()
    return f"{COUNTED:,}+" if count > COUNTED else f"{count:,}"
