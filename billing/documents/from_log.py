"""An audit report of what the filters of a log show, in the words of its screen."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from audit import queries
from audit.models import LOGS, Checkpoint
from audit.published import published_note, signer_in_words
from audit.registry import Log
from billing.documents.audit_report import AuditReport
from billing.documents.sheet import paper_of

NOT_SIGNED = "The log had signed nothing yet when this report was made: make it again in ten seconds."
OUTCOMES = {"refused": " (refused)", "failure": " (failed)"}


def report_of(
    *,
    log: Log,
    company: Any,
    country: str,
    by: str,
    filters: Mapping[str, str],
    entries: Sequence[Any],
    is_cut: bool,
    looked_back_to: datetime | None,
    at: datetime,
) -> AuditReport:
    """The report of these entries, newest first; `is_cut` where older ones would not fit.

    `looked_back_to` is where looking for what no index finds was given up; older entries may match too.
    """
    zone = ZoneInfo(company.time_zone)
    checkpoint = queries.latest_checkpoint()
    count = f"newest {len(entries):,} of more" if is_cut else f"{len(entries):,}, all of them"
    if looked_back_to:
        count = f"{len(entries):,} since {_instant(looked_back_to, zone)}, older ones not looked through"
    narrowed = ", ".join(f"{name.replace('_', ' ')}: {value}" for name, value in filters.items()) or "none"
    return AuditReport(
        title=LOGS[log].log_title,
        company=company.name,
        facts=[
            ("Company", company.name),
            ("Made", f"{_instant(at, zone)} ({zone.key})"),
            ("By", by),
            ("Entries", count),
            ("Filters", narrowed),
        ],
        rows=[_row(entry, zone) for entry in queries.with_places(entries)],
        proof=_proof(checkpoint) if checkpoint else [NOT_SIGNED],
        checkpoint=published_note(checkpoint) if checkpoint else "",
        made_at=at,
        paper=paper_of(country),
    )


def _row(entry: Any, zone: ZoneInfo) -> tuple[str, str, str, str]:
    number = f"{entry.place.number:,}" if entry.place else ""
    return number, _instant(entry.at, zone), entry.actor_name, entry.sentence + OUTCOMES.get(entry.outcome, "")


def _proof(checkpoint: Checkpoint) -> list[str]:
    return [
        "Each entry has a running number among all entries of the company, in both logs. The checkpoint below signs "
        "every sealed entry up to its size; it is also attached to this file. Keep it: with it, a change of any of "
        "these entries can be shown later. Each entry’s page has its proof, which can be checked without us.",
        f"The key it is signed with: {signer_in_words(checkpoint)}",
    ]


def _instant(at: datetime, zone: ZoneInfo) -> str:
    return f"{at.astimezone(zone):%-d %b %Y, %H:%M:%S}"
