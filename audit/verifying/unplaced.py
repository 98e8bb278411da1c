"""Entries that came past the queue, and queued ones that are gone."""

from typing import Any

from django.db import connection

from audit.leaves import TABLES, envelope
from audit.verifying.findings import Finding, uuid_text
from audit.verifying.rows import unless_unreadable

PIECE = 50_000
SHOWN = 100


def check_unplaced(state: dict[str, Any]) -> list[Finding]:
    """Look through the next entries of a log for ones with no place and not waiting.

    `state` is {"log", "after"}: the log that is read, None at the end, and the id that was read last.
    """
    log = state["log"]
    logs = list(TABLES)
    upto = _boundary(TABLES[log], state["after"])
    what = f"An entry of the {log} log without a place"
    found = unless_unreadable(what, lambda: [_inserted(log, row) for row in _unplaced(log, state["after"], upto)])
    if upto:
        state["after"] = upto
        return found
    following = logs[logs.index(log) + 1 :]
    state |= {"log": following[0] if following else None, "after": ""}
    return found + ([] if following else unless_unreadable("What waits for a place", _gone))


def _boundary(table: str, after: str) -> str | None:
    """The id that ends the next piece; None when that is the last."""
    where, given = ("WHERE id > %s ", [after]) if after else ("", [])
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT id FROM {table} {where}ORDER BY id LIMIT 1 OFFSET {PIECE - 1}", given)  # noqa: S608
        row = cursor.fetchone()
    return str(row[0]) if row else None


def _unplaced(log: str, after: str, upto: str | None) -> list[tuple[Any, ...]]:
    """A place is of one log: a row with the id of an entry of the other one has none."""
    bounds = [("e.id > %s", after), ("e.id <= %s", upto)]
    where = "".join(f"{condition} AND " for condition, value in bounds if value)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {envelope('e')} FROM {TABLES[log]} e WHERE {where}"  # noqa: S608
            "NOT EXISTS (SELECT 1 FROM audit_leaf l WHERE l.entry_id = e.id AND l.log = %s) AND "
            f"e.id NOT IN (SELECT entry_id FROM audit_waiting WHERE log = %s) ORDER BY e.id LIMIT {SHOWN}",
            [*(value for _, value in bounds if value), log, log],
        )
        return cursor.fetchall()


def _inserted(log: str, row: tuple[Any, ...]) -> Finding:
    sentence = "An entry was written past the queue: it has no place, and waits for none."
    return Finding("entry_inserted", sentence, log=log, entry=uuid_text(row[0]), company=uuid_text(row[1]), at=row[3])


def _gone() -> list[Finding]:
    """What waits for a place and is no longer there."""
    found = []
    with connection.cursor() as cursor:
        for log, table in TABLES.items():
            cursor.execute(
                f"SELECT w.entry_id FROM audit_waiting w WHERE w.log = %s "  # noqa: S608
                f"AND NOT EXISTS (SELECT 1 FROM {table} e WHERE e.id = w.entry_id) LIMIT {SHOWN}",
                [log],
            )
            sentence = "An entry was removed before it was sealed."
            found += [Finding("entry_removed", sentence, log=log, entry=uuid_text(id)) for (id,) in cursor.fetchall()]
    return found
