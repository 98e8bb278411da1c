"""Entries of a log as PDF, with the signed checkpoint they can be checked against: printed, and attached as a file."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from billing.documents.fonts import families
from billing.documents.pdf import STANDARDS, compiler
from billing.documents.text import breakable, printable


@dataclass(frozen=True, slots=True)
class AuditReport:
    """What a report says. Each row is the entry's number ("" while it is not sealed), when, who and what."""

    title: str
    company: str
    facts: Sequence[tuple[str, str]]
    rows: Sequence[tuple[str, str, str, str]]
    proof: Sequence[str]
    checkpoint: str
    made_at: datetime
    paper: str = "a4"


def render_audit_report(report: AuditReport) -> bytes:
    """The report as an archival PDF. What stands in the entries reaches the template only as data."""
    content = json.dumps(
        {
            "title": printable(report.title),
            "company": breakable(report.company),
            "facts": [(printable(name), breakable(value)) for name, value in report.facts],
            "rows": [(number, at, breakable(who), breakable(what)) for number, at, who, what in report.rows],
            "proof": [breakable(sentence) for sentence in report.proof],
            "checkpoint": [breakable(line) for line in report.checkpoint.splitlines() if line],
        },
        ensure_ascii=False,
    )
    settings = {"paper": report.paper, "fonts": families("SC"), "checkpoint": report.checkpoint}
    return compiler("audit-report.typ").compile(  # type: ignore[return-value]  # one file, so bytes
        format="pdf",
        sys_inputs={"content": content, "settings": json.dumps(settings)},
        pdf_standards=STANDARDS,
        timestamp=int(report.made_at.timestamp()),
    )
