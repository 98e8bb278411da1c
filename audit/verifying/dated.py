"""Entries that bear quite another time than the one at which they were sealed.

Imported history does, and so do entries that waited for a sealer which stood still; and so does a row that somebody
wrote at the database with a time of their choice. That cannot be told apart here, so it is told as a warning.
"""

from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from audit.durations import in_words
from audit.verifying.findings import Finding, Place, uuid_text

EARLIER, LATER = 24 * 60 * 60, 60
"""By so many seconds an entry may bear an earlier or a later time than it was sealed at, and nothing is told."""
Counted = dict[str, dict[str, Any]]
"""What was counted of a log and a company, by both as "log.company"."""


def is_near(written: str, sealed_at: str) -> bool:
    """Whether two times are of one day, and the first not of a later minute; they begin as in ISO 8601.

    True of nearly all entries, and quick. Of the others `count_dated` works out how far they are apart.
    """
    return written[:10] == sealed_at[:10] and written[11:16] <= sealed_at[11:16]


def count_dated(counted: Counted, place: Place, written: str) -> None:
    """Count an entry by the time it bears, if that lies too far from its sealing. One that cannot be read does not."""
    apart = None
    with suppress(ValueError):
        apart = int((instant(place.sealed_at) - instant(written)).total_seconds() // 1)
    if apart is None or -LATER <= apart <= EARLIER:
        return
    first = {"entry": place.entry, "index": place.index, "number": place.number, "early": 0, "late": 0}
    kept = counted.setdefault(f"{place.log}.{uuid_text(place.company)}", first | {"least": apart, "most": apart})
    kept["early" if apart > 0 else "late"] += 1
    kept |= {"least": min(kept["least"], apart), "most": max(kept["most"], apart), "last": place.number}


def told_dated(counted: Counted) -> list[Finding]:
    """One warning for each log of a company."""
    return [_warning(key, kept) for key, kept in counted.items()]


def _warning(key: str, kept: dict[str, Any]) -> Finding:
    log, _, company = key.partition(".")
    return Finding(
        "entry_dated",
        _sentence(kept),
        log=log,
        entry=uuid_text(kept["entry"]),
        index=kept["index"],
        number=kept["number"],
        company=company,
        is_warning=True,
    )


def _sentence(kept: dict[str, Any]) -> str:
    early = kept["early"] and f"{_bears(kept['early'], 'an earlier')}, by up to {in_words(kept['most'])}"
    late = kept["late"] and f"{_bears(kept['late'], 'a later')}, by up to {in_words(-kept['least'])}"
    told = ", and ".join(part for part in (early, late) if part)
    return (
        f"{told}. The first is number {kept['number']:,}, the last number {kept['last']:,}. Imported history and a "
        "sealer that stood still do that, and so does somebody who writes at the database."
    )


def _bears(count: int, which: str) -> str:
    if count == 1:
        return f"1 entry bears {which} time than it was sealed at"
    return f"{count:,} entries bear {which} time than they were sealed at"


def instant(text: str) -> datetime:
    """A time as the database writes it; one without an offset is UTC."""
    found = datetime.fromisoformat(text)
    return found if found.tzinfo else found.replace(tzinfo=UTC)
