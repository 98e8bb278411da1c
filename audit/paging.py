"""Pages of a log by position, not by number: as fast at the end as at the start, nothing skipped or shown twice."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

PAGE_SIZE = 50
LOOKED_THROUGH = 2_000
FURTHER_ON = 50_000
"""How many entries a page looks through for what no index finds: the first one, and those somebody asks for next."""
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
Position = tuple[datetime, UUID]
NEWEST_FIRST, OLDEST_FIRST = ("-at", "-id"), ("at", "id")


@dataclass(frozen=True, slots=True)
class Search:
    """Which entries are wanted: those of the lanes, each read in the order of time from one index, that meet `rest`.

    Without `rest` a page is found at once. With it the entries of the lanes are looked through, so many at a time.
    `name` is the whole name of an object that all of them are about, where words that were asked for are one.
    """

    lanes: Sequence[QuerySet[Any]]
    rest: Q | None = None
    name: str = ""

    def newest(self) -> Any:
        """The newest entry there is; None without one. Looks through as many as it takes."""
        rows = [lane.filter(self.rest or Q()).order_by(*NEWEST_FIRST).first() for lane in self.lanes]
        return max(filter(None, rows), key=_place, default=None)


@dataclass(frozen=True, slots=True)
class Page:
    """Entries, newest first, with the positions to continue from; None where nothing follows.

    `looked_back_to` is the instant up to which entries were looked through, if there are more beyond it.
    """

    entries: Sequence[Any]
    newer_than: str | None
    older_than: str | None
    looked_back_to: datetime | None = None


def page(rows: QuerySet[Any] | Search, *, older_than: str = "", newer_than: str = "", size: int = PAGE_SIZE) -> Page:
    """The page next to a position; the newest one without a position or with one that means nothing."""
    search = rows if isinstance(rows, Search) else Search([rows])
    if position := _read(newer_than):
        found, border = _read_on(search, position, OLDEST_FIRST, size, FURTHER_ON)
        if len(found) > size or border:
            entries = found[:size][::-1]
            start = _place(entries[0]) if len(found) > size else border
            return Page(
                entries, newer_than=_write(start), older_than=_write(_place(entries[-1]) if entries else position)
            )
        return page(search, size=size)
    position = _read(older_than)
    found, border = _read_on(search, position, NEWEST_FIRST, size, FURTHER_ON if position else LOOKED_THROUGH)
    entries, is_full = found[:size], len(found) > size
    end = _place(entries[-1]) if is_full else border
    return Page(
        entries,
        newer_than=_write(_place(entries[0])) if position and entries else None,
        older_than=_write(end),
        looked_back_to=border[0] if border and not is_full else None,
    )


def newest(search: Search, count: int) -> tuple[Sequence[Any], datetime | None]:
    """The newest entries, one more than `count` if there are more, and up to where was looked if not to the end."""
    found, border = _read_on(search, None, NEWEST_FIRST, count, FURTHER_ON)
    return found, border[0] if border and len(found) <= count else None


def pages(search: Search, size: int) -> Iterator[Sequence[Any]]:
    """Everything there is, newest first, in pieces; each is read by itself, so nothing is held meanwhile."""
    position = None
    while True:
        found, border = _read_on(search, position, NEWEST_FIRST, size, FURTHER_ON)
        entries, is_full = found[:size], len(found) > size
        if entries:
            yield entries
        position = _place(entries[-1]) if is_full else border
        if position is None:
            return


def _read_on(
    search: Search, position: Position | None, order: Sequence[str], size: int, most: int
) -> tuple[list[Any], Position | None]:
    """The next entries after a position, one more than asked for, and how far was looked if not to the end."""
    lanes = [_beyond(lane, position, order).order_by(*order) for lane in search.lanes]
    border = None
    if search.rest is not None:
        border = _border(lanes, order, max(most // len(lanes), 1))
        lanes = [_up_to(lane, border, order).filter(search.rest) for lane in lanes]
    return _merged(lanes, order, size + 1), border


def _border(lanes: Sequence[QuerySet[Any]], order: Sequence[str], most: int) -> Position | None:
    """The last position that is looked at, where there are more than `most` entries in a lane."""
    ends = [list(lane.values_list("at", "id")[most - 1 : most + 1]) for lane in lanes]
    borders = [end[0] for end in ends if len(end) > 1]
    nearest = max if order == NEWEST_FIRST else min
    return nearest(borders, default=None)


def _merged(lanes: Sequence[QuerySet[Any]], order: Sequence[str], count: int) -> list[Any]:
    if len(lanes) == 1:
        return list(lanes[0][:count])
    places = [place for lane in lanes for place in lane.values_list("at", "id")[:count]]
    first = sorted(places, reverse=order == NEWEST_FIRST)[:count]
    return list(lanes[0].model._base_manager.filter(pk__in=[id for _, id in first]).order_by(*order))


def _beyond(rows: QuerySet[Any], position: Position | None, order: Sequence[str]) -> QuerySet[Any]:
    if position is None:
        return rows
    at, id = position
    if order == NEWEST_FIRST:
        return rows.filter(Q(at__lt=at) | Q(id__lt=id), at__lte=at)
    return rows.filter(Q(at__gt=at) | Q(id__gt=id), at__gte=at)


def _up_to(rows: QuerySet[Any], border: Position | None, order: Sequence[str]) -> QuerySet[Any]:
    if border is None:
        return rows
    at, id = border
    if order == NEWEST_FIRST:
        return rows.filter(Q(at__gt=at) | Q(id__gte=id), at__gte=at)
    return rows.filter(Q(at__lt=at) | Q(id__lte=id), at__lte=at)


def _place(entry: Any) -> Position:
    return entry.at, entry.pk


def _write(position: Position | None) -> str | None:
    if position is None:
        return None
    at, id = position
    return f"{(at - EPOCH) // timedelta(microseconds=1)}.{id.hex}"


def _read(text: str) -> Position | None:
    microseconds, _, id = text.partition(".")
    try:
        return EPOCH + timedelta(microseconds=int(microseconds)), UUID(id)
    except (ValueError, OverflowError):
        return None
