"""Tables in docs/ say what the code says."""

import re
from pathlib import Path

from audit.registry import event_types

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


def test_every_event_is_listed_with_its_sentence():
    text = (DOCS / "events.md").read_text()
    for log in ("billing", "security"):
        [section] = re.findall(rf"^## The {log} log$(.*?)(?=^## |\Z)", text, flags=re.MULTILINE | re.DOTALL)
        rows = re.findall(r"^\| `([^`]+)` \| (.+) \|$", section, flags=re.MULTILINE)
        assert rows == [(event.code, event.sentence) for event in event_types(log)]


def test_links_in_documents_lead_somewhere():
    for document in [ROOT / "README.md", *DOCS.glob("*.md"), *DOCS.glob("operations/*.md")]:
        for target in re.findall(r"\]\(([^)#]+?)(?:#[^)]*)?\)", document.read_text()):
            if "://" not in target:
                assert (document.parent / target).exists(), f"{document.name} leads to {target}"
