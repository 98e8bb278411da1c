"""What the log has signed, as its own files tell it: whoever owns the database cannot take that back.

Before a checkpoint is shown to anybody the sealer keeps it beside its key, in `signed`. What it signs next must grow
out of it, out of the file that everybody reads, and out of the latest checkpoint in the database.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from django.conf import settings

from audit.merkle import EMPTY_ROOT
from audit.models import Checkpoint
from audit.notes import BadNote, Signer, Verifier, opened_checkpoint, signed_time, split
from audit.notes import Checkpoint as Head
from audit.tiles import put

FILE = "signed"


class Contradiction(Exception):
    """What is there is not what was signed, or nothing says what was; the text says what to do."""


@dataclass(frozen=True, slots=True)
class Signed:
    """A checkpoint of ours: what it says, its note with our own signatures, and when it was signed."""

    head: Head
    note: str
    at: datetime


def note_of(head: Head, signers: list[Signer], at: datetime) -> str:
    """A checkpoint as a note, which each key signs plainly and with its time."""
    seconds = int(at.timestamp())
    return f"{head.text}\n" + "".join(one.sign(head.text) + one.cosign(head.text, seconds) for one in signers)


def remember(note: str) -> None:
    """Keep what is signed now, before anybody else sees it."""
    memory().parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    put(memory(), note.encode(), mode=0o600)


def begin(signer: Signer, at: datetime) -> None:
    """Keep that a new key has signed no entries yet. A memory of signed entries is never replaced by that."""
    if memory().exists() and _said_size(memory()) != 0:
        raise Contradiction(f"{memory()} says that entries were signed, and the key is gone. Put log.key back.")
    remember(note_of(Head(signer.name, 0, EMPTY_ROOT), [signer], at))


def everything(keys: list[Verifier], last: Checkpoint | None, count: int) -> list[Signed]:
    """What these keys signed, the smallest first, as files and database tell it; `count` places must hold it all."""
    parts = [remembered(keys), _shown(keys), _in_database(last, keys) if last else None]
    found = sorted((one for one in parts if one), key=lambda one: one.head.size)
    if not found and count and keys:
        raise Contradiction(
            f"Nothing says what the log signed last: {memory()} is gone. Put it back, or put the newest checkpoint "
            f"that anybody has kept at {shown()}."
        )
    roots: dict[int, bytes] = {}
    for one in found:
        if roots.setdefault(one.head.size, one.head.root) != one.head.root:
            raise Contradiction(
                f"Two different histories were signed at {one.head.size:,} entries, one in the files and one in the "
                "database. Nothing more is signed. Run manage.py verify_audit_log, and restore the database."
            )
    if found and found[-1].head.size > count:
        raise Contradiction(
            f"The database has fewer entries than were signed ({count:,} of {found[-1].head.size:,}). Nothing more is "
            "sealed or signed. Entries were removed, or an older backup was restored: restore a newer backup."
        )
    return found


def remembered(keys: list[Verifier]) -> Signed | None:
    """What the sealer keeps beside its key; None where it keeps nothing. Raises Contradiction, and OSError unread."""
    path = memory()
    try:
        return _opened(path.read_text(encoding="utf-8"), keys)
    except FileNotFoundError:
        return None
    except (UnicodeDecodeError, BadNote) as damage:
        if not keys and _said_size(path) == 0:
            return None  # The making of the first key was cut short, and begins again.
        raise Contradiction(f"{path} is not what the log signed ({damage}). Put the newest copy of it back.") from None


def memory() -> Path:
    """The file that only the sealer reads."""
    folder: Path = settings.SEALER_DIR
    return folder / FILE


def shown() -> Path:
    """The file that everybody reads."""
    folder: Path = settings.LOG_DIR
    return folder / "checkpoint"


def _shown(keys: list[Verifier]) -> Signed | None:
    """What everybody was shown. A file that none of the keys signed is damaged, and is written again."""
    try:
        return _opened(shown().read_text(encoding="utf-8"), keys)
    except (FileNotFoundError, UnicodeDecodeError, BadNote):
        return None


def _in_database(last: Checkpoint, keys: list[Verifier]) -> Signed:
    try:
        found = _opened(last.note, keys)
    except BadNote as problem:
        raise Contradiction(_changed(last, str(problem))) from None
    if (found.head.size, found.head.root, found.at) != (
        last.size,
        bytes(last.root),
        last.signed_at.replace(microsecond=0),
    ):
        raise Contradiction(_changed(last, "It says another size, root or time."))
    return found


def _changed(last: Checkpoint, problem: str) -> str:
    return (
        f"The latest checkpoint in the database, of {last.size:,} entries, is not what was signed ({problem}). Nothing "
        "more is signed. Run manage.py verify_audit_log, and restore the database."
    )


def _opened(note: str, keys: list[Verifier]) -> Signed:
    """Read a note that one of the keys signed; lines of witnesses are left out."""
    head, signers = opened_checkpoint(note, keys)
    ours = {(one.name, one.key_id) for one in signers}
    text, signatures = split(note)
    lines = "".join(one.line for one in signatures if (one.name, one.key_id) in ours)
    return Signed(head, f"{text}\n{lines}", datetime.fromtimestamp(signed_time(signers) or 0, UTC))


def _said_size(path: Path) -> int | None:
    """The size in a checkpoint, whoever signed it; None where it cannot be read."""
    try:
        return Head.parse(split(path.read_text(encoding="utf-8"))[0]).size
    except (UnicodeDecodeError, BadNote):
        return None
