"""Rows that somebody may have damaged, so that the database cannot hand them out or they are not of our types."""

from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

from django.db import OperationalError, connection

from audit.leaves import rows_of
from audit.spoiled import SPOILED, is_about_a_value, split_readable
from audit.verifying.findings import Finding, Place


def unless_unreadable(
    what: str, check: Callable[[], list[Finding]], otherwise: Callable[[], None] | None = None
) -> list[Finding]:
    """What a check finds; one that came to an end at a spoiled value has found that. A lost connection is raised.

    `otherwise` is done where it came to such an end.
    """
    try:
        return check()
    except (*SPOILED, OperationalError) as error:
        if not is_about_a_value(error):
            raise
        if otherwise:
            otherwise()
        return [unreadable(what, error)]


def unreadable(what: str, error: Exception | None = None, index: int | None = None) -> Finding:
    said = f" ({type(error).__name__}: {error})" if error else ""
    sentence = f"{what} cannot be read{said}: a value was put there that is none. Restore it from a backup."
    return Finding("unreadable", sentence, index=index)


def readable(log: str, ids: Sequence[UUID]) -> list[tuple[Any, ...]]:
    """The rows of these entries but those that SQLite cannot hand out, because something in them is not UTF-8."""
    return split_readable(lambda some: list(rows_of(log, some)), ids)[0]


def readable_places(start: int, end: int) -> tuple[list[tuple[Any, ...]], list[Finding]]:
    """The columns of `Place` from one index up to another, and what is wrong with rows that are no places."""
    found, spoiled = split_readable(_places, range(start, end))
    places = [place for place in found if type(place[0]) is int and type(place[4]) is int and type(place[5]) is bytes]
    if len(places) == len(found) and not spoiled:
        return places, []
    strange = [place for place in found if place not in places]
    between = [added(Place(*place)) for place in strange if type(place[0]) is not int]
    spoiled += [place[0] for place in strange if type(place[0]) is int]
    return places, between + [unreadable(f"The place {index}", index=index) for index in sorted(spoiled)]


def added(place: Place) -> Finding:
    """A place that is none of the tree, which counts from 0 without a gap."""
    sentence = f"A place was added at {place.index}, where the tree has none."
    return place.finding("leaf_added", sentence)


def places_where(condition: str, given: Sequence[Any]) -> list[tuple[Any, ...]]:
    """The columns of `Place`. Ids and times stay text: to make anything else of them takes longer than to hash."""
    log, entry, company, at = (f"CAST({name} AS text)" for name in ("log", "entry_id", "company_id", "sealed_at"))
    with connection.cursor() as cursor:
        cursor.execute(
            f'SELECT "index", {log}, {entry}, {company}, number, hash, {at} FROM audit_leaf '  # noqa: S608
            f'WHERE {condition} ORDER BY "index"',
            given,
        )
        return cursor.fetchall()


def _places(indexes: Sequence[int]) -> list[tuple[Any, ...]]:
    """Those of a stretch of indexes."""
    return places_where('"index" >= %s AND "index" < %s', [indexes[0], indexes[-1] + 1])
