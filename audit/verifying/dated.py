"""Entries that bear quite another time than the one at which they were sealed.

Imported history does, and so do entries that waited for a sealer which stood still; and so does a row that somebody
wrote at the database with a time of their choice. That cannot be told apart here, so it is told as a warning.
"""

from typing import Any

from django.db import connection

from audit.leaves import TABLES
from audit.models import Leaf
from audit.verifying.findings import Finding, uuid_text

Counted = dict[str, dict[str, int]]
"""What was counted of a log and a company, by both as "log.company"."""
UNITS = (("day", 86_400), ("hour", 3_600), ("minute", 60))


def count_dated(counted: Counted, start: int, stop: int) -> None:
    """Count those among some places that bear a time over a day before their sealing, or over a minute after it."""
    bounds = _bounds(start, stop)
    for log in TABLES:
        for company, early, late, least, most, index, number, last in _dated(log, start, stop, bounds):
            key = f"{log}.{uuid_text(company)}"
            kept = counted.get(key, {"early": 0, "late": 0, "least": least, "most": most})
            counted[key] = (
                {"index": index, "number": number}
                | kept
                | {
                    "early": kept["early"] + early,
                    "late": kept["late"] + late,
                    "least": min(kept["least"], least),
                    "most": max(kept["most"], most),
                    "last": last,
                }
            )


def told_dated(counted: Counted) -> list[Finding]:
    """One warning for each log of a company."""
    first = Leaf.objects.only("entry_id").in_bulk([kept["index"] for kept in counted.values()])
    found = []
    for key, kept in counted.items():
        log, _, company = key.partition(".")
        found.append(
            Finding(
                "entry_dated",
                _sentence(kept),
                log=log,
                entry=str(first[kept["index"]].entry_id) if kept["index"] in first else "",
                index=kept["index"],
                number=kept["number"],
                company=company,
                is_warning=True,
            )
        )
    return found


def _sentence(kept: dict[str, int]) -> str:
    early = kept["early"] and f"{_bears(kept['early'], 'an earlier')}, by up to {_long(kept['most'])}"
    late = kept["late"] and f"{_bears(kept['late'], 'a later')}, by up to {_long(-kept['least'])}"
    told = ", and ".join(part for part in (early, late) if part)
    return (
        f"{told}. The first is number {kept['number']:,}, the last number {kept['last']:,}. Imported history and a "
        "sealer that stood still do that, and so does somebody who writes at the database."
    )


def _bears(count: int, which: str) -> str:
    if count == 1:
        return f"1 entry bears {which} time than it was sealed at"
    return f"{count:,} entries bear {which} time than they were sealed at"


def _long(seconds: int) -> str:
    """A length of time in its largest unit that fits twice, rounded down."""
    for unit, length in UNITS:
        if seconds >= 2 * length:
            return f"{seconds // length:,} {unit}s"
    return f"{seconds} seconds"


def _bounds(start: int, stop: int) -> tuple[str, str]:
    """The least and the greatest id: PostgreSQL then takes a stretch of their index, though the join names them all."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT min(CAST(entry_id AS text)), max(CAST(entry_id AS text)) FROM audit_leaf "
            'WHERE "index" >= %s AND "index" < %s',
            [start, stop],
        )
        least, most = cursor.fetchone()
    return least, most


def _dated(log: str, start: int, stop: int, bounds: tuple[str, str]) -> list[tuple[Any, ...]]:
    """For each company: how many early, how many late, the seconds apart at least and most, the first and the last."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT company_id, count(CASE WHEN apart >= 0 THEN 1 END), count(CASE WHEN apart < 0 THEN 1 END), "  # noqa: S608  our own names
            'min(apart), max(apart), min("index"), min(number), max(number) '
            f'FROM (SELECT l.company_id, l."index", l.number, {_apart()} AS apart '
            f"FROM audit_leaf l JOIN {TABLES[log]} e ON e.id = l.entry_id "
            f'WHERE l."index" >= %s AND l."index" < %s AND l.log = %s '
            f"AND e.id >= %s AND e.id <= %s AND {_is_dated()}) d "
            "GROUP BY company_id ORDER BY 6",
            [start, stop, log, *bounds],
        )
        return cursor.fetchall()


def _apart() -> str:
    """The seconds from the time an entry bears to its sealing, as SQL; 0 where the time cannot be read."""
    if connection.vendor == "postgresql":
        return "CAST(EXTRACT(EPOCH FROM l.sealed_at - e.at) AS bigint)"
    return "coalesce(CAST(strftime('%%s', l.sealed_at) AS integer) - CAST(strftime('%%s', e.at) AS integer), 0)"


def _is_dated() -> str:
    if connection.vendor == "postgresql":
        return "(e.at < l.sealed_at - interval '1 day' OR e.at > l.sealed_at + interval '1 minute')"
    later = "strftime('%%Y-%%m-%%d %%H:%%M:%%f', l.sealed_at, '+1 minute')"
    return f"(e.at < datetime(l.sealed_at, '-1 day') OR e.at > l.sealed_at AND e.at > {later})"
