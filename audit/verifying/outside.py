"""Places that are none of the tree, which counts from 0 without a gap to its end."""

from typing import Any

from django.db import connection

from audit.verifying.findings import Finding, Place
from audit.verifying.rows import added, places_where, unless_unreadable

SHOWN = 100
BELOW, BEYOND = '"index" < %s', '"index" >= %s AND "index" <= %s'


def count_unsigned(size: int) -> tuple[int, Any]:
    """How many places there are from an index on, and the last one, None for none; SQLite would keep any value.

    One question: places that are given meanwhile are neither counted nor beyond the end.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            'SELECT count(CASE WHEN "index" = CAST("index" AS bigint) THEN 1 END), max("index") '
            'FROM audit_leaf WHERE "index" >= %s',
            [size],
        )
        count, last = cursor.fetchone()
    return count, last


def check_outside(size: int, last: Any) -> list[Finding]:
    """Whether places lie below the first one, or beyond so many up to the last there was when they were counted."""
    return _found(BELOW, [0]) + ([] if last is None else _found(BEYOND, [size, last]))


def _found(condition: str, given: list[Any]) -> list[Finding]:
    return unless_unreadable(
        "A place outside of the tree",
        lambda: [added(Place(*place)) for place in places_where(condition, given)[:SHOWN]],
    )
