"""Entries of a log as a file: CSV for people's spreadsheets, JSON Lines for programs. docs/log-exports.md says more."""

import json
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from audit.actions import exports
from audit.models import Envelope, Export
from audit.paging import Search, pages
from audit.published import published_note
from audit.queries import latest_checkpoint, with_places
from audit.values import visible
from security import spreadsheet

FORMAT = "invoiced-log-export/1"
ROWS_AT_ONCE = 1_000
ROWS_BETWEEN_NOTES = 10_000
HEAD = [
    *("Number", "Time (UTC)", "Log", "Actor", "Kind of actor", "Actor id", "On behalf of", "Event", "Sentence"),
    *("Object", "Kind of object", "Object id", "Customer id", "Outcome", "Reason", "Changes", "Particulars"),
    *("IP address", "Browser", "Session", "Request", "Entry", "Erased"),
]
CONTENT_TYPES = {"csv": "text/csv; charset=utf-8", "jsonl": "application/jsonl"}


def stream(export: Export, search: Search, clock: Callable[[], datetime]) -> Iterator[str]:
    """The lines of the file, newest entry first, the latest signed checkpoint last.

    Entries are read a thousand at a time, each thousand by itself: nothing is held open while a slow reader reads.
    """
    progress = _Progress(export, clock)
    entries = progress.counted(search)
    try:
        if export.format == "csv":
            yield from spreadsheet.stream(HEAD, map(row, entries))
            yield from spreadsheet.lines([[checkpoint_line()]])
        else:
            yield from (f"{line(entry)}\n" for entry in entries)
            yield f"{checkpoint_line()}\n"
        exports.finish(export=export, rows_done=progress.rows, at=clock())
        progress.is_whole = True
    finally:
        if not progress.is_whole:
            exports.break_off(export=export, rows_done=progress.rows, at=clock())


class _Progress:
    """Counts what leaves, and writes it down now and then."""

    def __init__(self, export: Export, clock: Callable[[], datetime]) -> None:
        self.export, self.clock, self.rows, self.is_whole = export, clock, 0, False

    def counted(self, search: Search) -> Iterator[Envelope]:
        noted = 0
        for entries in pages(search, ROWS_AT_ONCE):
            yield from with_places(entries)
            self.rows += len(entries)
            if self.rows - noted >= ROWS_BETWEEN_NOTES:
                exports.note_progress(export=self.export, rows_done=self.rows, at=self.clock())
                noted = self.rows


def record(entry: Envelope) -> dict[str, Any]:
    """What `entry.json` says, without its salt, and with the sentence people read."""
    return {
        "format": FORMAT,
        "log": "billing" if entry._meta.model_name == "billingevent" else "security",
        "number": entry.place.number if entry.place else None,
        "id": str(entry.pk),
        "at": instant(entry.at),
        "company": str(entry.company_id),
        "customer": str(entry.customer_id) if entry.customer_id else None,
        "actor": {"type": entry.actor_type, "id": entry.actor_id, "label": entry.actor_label},
        "on_behalf_of": entry.on_behalf_of,
        "action": entry.action,
        "sentence": str(entry),
        "object": {"type": entry.object_type, "id": entry.object_id, "label": entry.object_label},
        "changes": entry.changes,
        "data": entry.data,
        "outcome": entry.outcome,
        "reason": entry.reason,
        "ip": entry.ip,
        "user_agent": entry.user_agent,
        "session": entry.session,
        "request_id": entry.request_id,
        "erased_at": instant(entry.erased_at) if entry.erased_at else None,
    }


def line(entry: Envelope) -> str:
    """One entry as a line of JSON. It is ASCII, so that no program takes a character of it for the end of the line."""
    return json.dumps(record(entry))


def row(entry: Envelope) -> Sequence[Any]:
    """One entry as a row of a table; characters that would hide or reverse what stands there are spelled out."""
    told = record(entry)
    texts = [
        *(told["at"], told["log"], entry.actor_name, told["actor"]["type"], told["actor"]["id"], told["on_behalf_of"]),
        *(told["action"], told["sentence"], entry.object_name, told["object"]["type"], told["object"]["id"]),
        *(told["customer"] or "", told["outcome"], told["reason"], _json(told["changes"]), _json(told["data"])),
        *(
            told["ip"] or "",
            told["user_agent"],
            told["session"],
            told["request_id"],
            told["id"],
            told["erased_at"] or "",
        ),
    ]
    return ["" if told["number"] is None else told["number"], *(visible(text, keep="\n\t") for text in texts)]


def checkpoint_line() -> str:
    """The latest signed checkpoint with all its signatures, as JSON; null while none has been signed."""
    latest = latest_checkpoint()
    return json.dumps({"checkpoint": published_note(latest) if latest else None})


def instant(at: datetime) -> str:
    """An instant as `entry.json` has it: UTC, to the microsecond (RFC 3339)."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False) if value else ""
