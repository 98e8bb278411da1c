"""Tables in docs/ say what the code says."""

import re
from pathlib import Path

from audit.kinds import TEXT
from audit.registry import EventType, event_types, reserved_types

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
OURS = ("security", "audit", "accounts", "billing", "portal", "invoiced")
EVENTS_OF_INVOICED = [
    f"{noun}.{verb}"
    for noun, verbs in {
        "charge": "failed",
        "contact": "created updated deleted",
        "credit_note": "created updated deleted viewed",
        "customer": "created updated deleted merged",
        "estimate": "created updated deleted viewed approved",
        "invoice": "created updated deleted viewed payment_expected paid",
        "line_item": "created updated deleted",
        "note": "created updated deleted",
        "payment": "created updated deleted",
        "payment_plan": "created updated deleted",
        "payment_source": "created updated deleted",
        "task": "created updated deleted completed",
        "subscription": "created updated deleted",
    }.items()
    for verb in verbs.split()
]


def first_column(text: str) -> list[str]:
    return re.findall(r"^\| `([^`]+)` \|", text, flags=re.MULTILINE)


def test_every_command_is_listed():
    written = [
        path.stem
        for app in OURS
        for path in (ROOT / app / "management" / "commands").glob("*.py")
        if path.stem != "__init__"
    ]
    assert first_column((DOCS / "commands.md").read_text()) == sorted(written)


def test_every_event_is_listed_with_its_sentence_and_its_data():
    for log in ("billing", "security"):
        assert event_rows(f"The {log} log") == [written(event) for event in event_types(log)]


def test_every_reserved_name_is_listed_with_its_sentence_and_its_data():
    for log in ("billing", "security"):
        assert event_rows(f"Reserved names of the {log} log") == [written(event) for event in reserved_types(log)]


def test_every_event_of_invoiced_has_one_of_ours():
    declared = {event.code for event in [*event_types("billing"), *event_types("security")]}
    reserved = {event.code for event in reserved_types("billing")}
    rows = [row.split(" | ") for row in event_rows("The events of Invoiced")]

    assert [row[0].strip("|` ") for row in rows] == EVENTS_OF_INVOICED
    for _, ours in rows:
        for code, mark in re.findall(r"`([^`]+)`( \(reserved\))?", ours):
            assert code in (reserved if mark else declared), code


def event_rows(title: str) -> list[str]:
    """The lines of the table of events under a title of docs/events.md."""
    text = (DOCS / "events.md").read_text()
    [section] = re.findall(rf"^## {title}$(.*?)(?=^## |\Z)", text, flags=re.MULTILINE | re.DOTALL)
    return re.findall(r"^\| `.+ \|$", section, flags=re.MULTILINE)


def written(event: EventType) -> str:
    """An event as a line of the table."""
    kept = [
        f"`{name}`: {kind.name}"
        for name, kind in event.fields.items()
        if kind is not TEXT or f"{{{name}}}" not in event.sentence
    ]
    if event.has_changes:
        kept.append("what changed")
    return f"| `{event.code}` | {event.sentence} | {'; '.join(kept) or '—'} |"


def test_links_in_documents_lead_somewhere():
    for document in [ROOT / "README.md", *DOCS.glob("*.md"), *DOCS.glob("operations/*.md")]:
        for target in re.findall(r"\]\(([^)#]+?)(?:#[^)]*)?\)", document.read_text()):
            if "://" not in target:
                assert (document.parent / target).exists(), f"{document.name} leads to {target}"
