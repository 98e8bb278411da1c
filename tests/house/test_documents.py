"""Tables in docs/ say what the code says."""

import re
from pathlib import Path

from audit.kinds import TEXT
from audit.registry import EventType, event_types

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
OURS = ("security", "audit", "accounts", "billing", "portal", "invoiced")


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
