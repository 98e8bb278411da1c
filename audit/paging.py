"""Pages of a log by position, not by number: as fast at the end as at the start, nothing skipped or shown twice."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

PAGE_SIZE = 50
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
Position = tuple[datetime, UUID]


@dataclass(frozen=True, slots=True)
class Page:
    """Entries, newest first, with the positions to continue from; None where nothing follows."""

    entries: Sequence[Any]
    newer_than: str | None
    older_than: str | None


def page(rows: QuerySet[Any], *, older_than: str = "", newer_than: str = "", size: int = PAGE_SIZE) -> Page:
    """The page next to a position; the newest one without a position or with one that means nothing."""
    if position := _read(newer_than):
        found = list(_newer(rows, position).order_by("at", "id")[: size + 1])
        if len(found) > size:
            entries = found[:size][::-1]
            return Page(entries, newer_than=_write(entries[0]), older_than=_write(entries[-1]))
        return page(rows, size=size)
    position = _read(older_than)
    older = _older(rows, position) if position else rows
    found = list(older.order_by("-at", "-id")[: size + 1])
    entries = found[:size]
    return Page(
        entries,
        newer_than=_write(entries[0]) if position and entries else None,
        older_than=_write(entries[-1]) if len(found) > size else None,
    )


def _older(rows: QuerySet[Any], position: Position) -> QuerySet[Any]:
    at, id = position
    return rows.filter(Q(at__lt=at) | Q(id__lt=id), at__lte=at)


def _newer(rows: QuerySet[Any], position: Position) -> QuerySet[Any]:
    at, id = position
    return rows.filter(Q(at__gt=at) | Q(id__gt=id), at__gte=at)


def _write(entry: Any) -> str:
    return f"{(entry.at - EPOCH) // timedelta(microseconds=1)}.{entry.pk.hex}"


def _read(text: str) -> Position | None:
    microseconds, _, id = text.partition(".")
    try:
        return EPOCH + timedelta(microseconds=int(microseconds)), UUID(id)
    except (ValueError, OverflowError):
        return None
