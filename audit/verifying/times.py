"""When entries were sealed, against the signed times of the checkpoints around them.

Whoever owns the database could move those times. A checkpoint's own is signed, to the second (tlog-cosignature of
C2SP): the place i was given between the last checkpoint of no more than i entries and the first of more.
"""

from bisect import bisect_right
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection

from audit.models import Checkpoint
from audit.spoiled import split_readable
from audit.verifying.findings import Finding, Place
from audit.verifying.rows import places_where

PIECE = 500
"""Checkpoints looked at in one piece, at most."""
PLACES = 100_000
"""A piece ends with the first checkpoint that makes it so many places or more."""
SECOND = timedelta(seconds=1)
EARLIEST, LATEST = datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, tzinfo=UTC)
Span = tuple[int, int, datetime, datetime]
"""Places from one index up to another, and from when up to when they were given."""


def check_times(state: dict[str, Any]) -> list[Finding]:
    """Check the places up to the next few checkpoints, and in the last piece those that none covers yet.

    `state` is {"after", "last", "size", "upto", "at"}: the checkpoint read last and the last there is, how many places
    were looked at and how many there are, and when the latest of those checkpoints was signed; and `is_done` at last.
    """
    spans = _spans(state)
    return _moved(spans) if spans else []


def _spans(state: dict[str, Any]) -> list[Span]:
    """The next stretches between two checkpoints; what takes back an earlier one is told of elsewhere."""
    start, low = state["size"], datetime.fromisoformat(state["at"]) if state["at"] else EARLIEST
    rows = Checkpoint.objects.filter(pk__gt=state["after"], pk__lte=state["last"]).order_by("pk")
    kept, pks = rows.values_list("pk", "size", "signed_at"), list(rows.values_list("pk", flat=True)[:PIECE])
    spans: list[Span] = []
    for pk, size, signed_at in split_readable(lambda some: list(kept.filter(pk__in=some)), pks)[0]:
        if type(size) is not int or signed_at is None:
            continue
        signed, state["after"] = signed_at.replace(microsecond=0), pk
        if size < state["size"] or signed < low:
            continue
        if size > state["size"]:
            spans.append((state["size"], size, low, signed + SECOND))
        state |= {"size": size, "at": signed.isoformat()}
        low = signed
        if size - start >= PLACES:
            return spans
    state["after"] = pks[-1] if pks else state["after"]
    if not rows.filter(pk__gt=state["after"]).exists():
        state["is_done"] = True
        if state["size"] < state["upto"]:
            spans.append((state["size"], state["upto"], low, LATEST))
    return spans


def _moved(spans: list[Span]) -> list[Finding]:
    """The places that bear another time of sealing than the signed ones allow: one finding for each company."""
    written = connection.ops.adapt_datetimefield_value
    marks = ", ".join(["(%s, %s, %s, %s)"] * len(spans))
    given = [value for first, stop, low, high in spans for value in (first, stop, written(low), written(high))]
    with connection.cursor() as cursor:
        # CROSS JOIN: SQLite then takes the spans one by one, each with a stretch of the places. The bounds of them all
        # say to PostgreSQL that there are few.
        cursor.execute(
            f"WITH spans (first_one, stop, low, high) AS (VALUES {marks}) "  # noqa: S608  marks alone
            'SELECT count(*), min(l."index") FROM spans CROSS JOIN audit_leaf l '
            'WHERE l."index" >= spans.first_one AND l."index" < spans.stop AND l."index" >= %s AND l."index" < %s '
            "AND (l.sealed_at >= spans.low AND l.sealed_at < spans.high) IS NOT TRUE GROUP BY l.company_id ORDER BY 2",
            [*given, spans[0][0], spans[-1][1]],
        )
        found = cursor.fetchall()
    return [_finding(count, index, spans) for count, index in found]


def _finding(count: int, index: int, spans: list[Span]) -> Finding:
    """The first of some places of a company."""
    _, _, low, high = spans[bisect_right(spans, index, key=lambda span: span[0]) - 1]
    which = "The time at which an entry was sealed was changed"
    if count > 1:
        which = f"The times at which {count:,} entries were sealed were changed, this one's first"
    bounds = [
        low > EARLIEST and f"not before {low:%Y-%m-%dT%H:%M:%SZ}",
        high < LATEST and f"not after {high - SECOND:%Y-%m-%dT%H:%M:%SZ}",
    ]
    allowed = " and ".join(bound for bound in bounds if bound)
    sentence = f"{which}: by the checkpoints that were signed around it that was {allowed}."
    found, _ = split_readable(lambda some: places_where('"index" = %s', some), [index])
    places = [Place(*place).finding("sealed_at_changed", sentence) for place in found]
    return places[0] if places else Finding("sealed_at_changed", sentence, index=index)
