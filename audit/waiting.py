"""The queue of the sealer: which of those that wait can be given a place, and what is wrong with the others."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from uuid import UUID

from django.db import connection

from audit.leaves import TABLES, among, rows_of
from audit.models import Waiting
from audit.spoiled import split_readable

Queued = tuple[int, str, UUID]
"""One in the queue: its position there, its log, its id."""
Row = tuple[Any, ...]
NAMED = 3
"""So many of each kind are named in a sentence."""


@dataclass
class Aside:
    """Those that get no place. All but the ones that were queued again stay in the queue."""

    gone: list[Queued] = field(default_factory=list)
    unreadable: list[Queued] = field(default_factory=list)
    twins: list[Queued] = field(default_factory=list)
    again: list[Queued] = field(default_factory=list)

    def __str__(self) -> str:
        """What is not sealed, and what to do; "" for nothing."""
        sentences = [
            (self.gone, "was", "were", "removed from the logs without being sealed. Restore the database."),
            (self.unreadable, "is", "are", "unreadable and not sealed. Written by hand: restore the database."),
            (self.twins, "has", "have", "the id of another one and no seal. Written by hand: remove it."),
        ]
        return " ".join(_told(*parts) for parts in sentences if parts[0])

    @property
    def warning(self) -> str:
        """What is wrong though all is sealed; "" for nothing."""
        what = (
            "put into the queue again and taken out: the place was given before, and nothing is missing. "
            "Somebody wrote to the queue at the database: find out who."
        )
        return _told(self.again, "was", "were", what) if self.again else ""


def next_batch(after: int | None, size: int) -> list[Queued]:
    """The next in the queue after a position, from its very start with None, though none of ours is below 1."""
    waiting = Waiting.objects.filter(position__gt=after) if after is not None else Waiting.objects.all()
    waiting = waiting.order_by("position")
    return list(waiting.values_list("position", "log", "entry_id")[:size])


def with_rows(batch: list[Queued], aside: Aside) -> list[tuple[Queued, Row]]:
    """Those of a batch that are there and have no place, with their rows; the others are put aside."""
    placed = _placed([id for _, _, id in batch])
    rows = _rows(batch)
    found = []
    for one in batch:
        _, log, id = one
        row = rows.get((log, id.hex))
        if id in placed:
            (aside.again if placed[id] == log else aside.twins).append(one)
        elif row is None:
            aside.gone.append(one)
        elif not row:
            aside.unreadable.append(one)
        else:
            placed[id] = log
            found.append((one, row))
    return found


def _placed(ids: list[UUID]) -> dict[UUID, str]:
    """Those of these ids that have a place already, with the log it is of."""
    condition, given = among("entry_id", ids)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT CAST(entry_id AS text), log FROM audit_leaf WHERE {condition}", given)  # noqa: S608
        return {UUID(id): log for id, log in cursor.fetchall()}


def _rows(batch: list[Queued]) -> dict[tuple[str, str], Row]:
    """The entries as they stand, by log and id; an empty row for one that the database cannot hand out."""
    found: dict[tuple[str, str], Row] = {}
    for log in TABLES:
        ids = [id for _, of, id in batch if of == log]
        rows, spoiled = split_readable(partial(_fetched, log), ids)
        found |= {(log, row[0]): row for row in rows} | {(log, id.hex): () for id in spoiled}
    return found


def _fetched(log: str, ids: Sequence[UUID]) -> list[Row]:
    return list(rows_of(log, ids))


def _told(some: list[Queued], one: str, many: str, what: str) -> str:
    counted = f"1 entry {one}" if len(some) == 1 else f"{len(some):,} entries {many}"
    return f"{counted} {what} ({_named(some)})"


def _named(some: list[Queued]) -> str:
    names = ", ".join(f"{log} {id}" for _, log, id in some[:NAMED])
    return f"{names} and more" if len(some) > NAMED else names
