"""Entries of a log as a file: CSV for people's spreadsheets, JSON Lines for programs. docs/log-exports.md says more."""

import json
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Any

from audit.actions import exports
from audit.lines import line, said
from audit.models import Envelope, Export
from audit.paging import Search, pages
from audit.published import published_note
from audit.queries import latest_checkpoint, with_places
from audit.values import visible
from security import spreadsheet

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
            yield from spreadsheet.lines([[json.dumps(_checkpoint())]])
        else:
            yield from (line(said(entry)) for entry in entries)
            yield line(_checkpoint())
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


def row(entry: Envelope) -> Sequence[Any]:
    """One entry as a row of a table; characters that would hide or reverse what stands there are spelled out."""
    told = said(entry)
    texts = [
        *(told["at"], told["log"], entry.actor_name, told["actor"]["type"], told["actor"]["id"], told["on_behalf_of"]),
        *(told["action"], told["sentence"], entry.object_name, told["object"]["type"], told["object"]["id"]),
        *(told["customer"] or "", told["outcome"], told["reason"], _json(told["changes"]), _json(told["data"])),
        *(told["ip"] or "", told["user_agent"], told["session"], told["request_id"]),
        *(told["id"], told["erased_at"] or ""),
    ]
    return ["" if told["number"] is None else told["number"], *(visible(text, keep="\n\t") for text in texts)]


def _checkpoint() -> dict[str, str | None]:
    """The latest signed checkpoint with all its signatures; None while none has been signed."""
    latest = latest_checkpoint()
    return {"checkpoint": published_note(latest) if latest else None}


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False) if value else ""
