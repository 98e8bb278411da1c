"""Whether every checkpoint was signed by the key of its day, and none takes back what an earlier one said."""

from contextlib import suppress
from datetime import datetime
from functools import partial
from itertools import pairwise
from typing import Any

from audit import log_keys, signed
from audit.models import Checkpoint, Cosignature, LogKey
from audit.notes import BadNote, Verifier, is_cosignature, opened_checkpoint, parse_verifier, signed_time, split
from audit.spoiled import split_readable
from audit.verifying.findings import Finding
from audit.verifying.rows import unless_unreadable, unreadable

PIECE = 500


def check_checkpoints(state: dict[str, Any]) -> list[Finding]:
    """Check the next few; `state` is {"after", "size", "root", "at"} of the latest good one, and `is_done` at last."""
    kept = Checkpoint.objects.filter(pk__gt=state["after"], pk__lte=state["last"]).order_by("pk")
    pks = list(kept.values_list("pk", flat=True)[:PIECE])
    rows, spoiled = split_readable(lambda some: list(kept.filter(pk__in=some)), pks)
    found = [unreadable(f"The checkpoint {pk}") for pk in spoiled]
    terms, origin = _terms(), log_keys.origin()
    for row in rows:
        problems = unless_unreadable(f"The checkpoint {row.pk}", partial(_problems, row, terms, origin, state))
        found += problems
        if not problems:
            state |= {"size": row.size, "root": bytes(row.root).hex(), "at": row.signed_at.isoformat()}
    found += unless_unreadable("What witnesses signed", lambda: _cosignatures(rows))
    state["after"] = pks[-1] if pks else state["after"]
    if len(pks) < PIECE:
        state["is_done"] = True
        found += unless_unreadable("What the checkpoint in the files is compared with", _file)
    return found


def _terms() -> list[tuple[int, int | None, Verifier]]:
    """Every key, from how many entries it signs and up to how many. One that is none has signed nothing."""
    keys = []
    for size, text in LogKey.objects.order_by("pk").values_list("size", "verifier_key"):
        with suppress(BadNote):
            keys.append((size, parse_verifier(text)))
    sizes: list[int | None] = [size for size, _ in keys]
    return [(start, end, key) for (start, key), (_, end) in zip(keys, pairwise([*sizes, None]), strict=True)]


def _problems(
    row: Checkpoint, terms: list[tuple[int, int | None, Verifier]], origin: str, before: dict[str, Any]
) -> list[Finding]:
    return _signature(row, terms, origin) or _order(row, before)


def _signature(row: Checkpoint, terms: list[tuple[int, int | None, Verifier]], origin: str) -> list[Finding]:
    in_office = [key for start, end, key in terms if row.size >= start and (end is None or row.size <= end)]
    try:
        head, signers = opened_checkpoint(row.note, in_office)
    except BadNote as problem:
        return [_about(row, "checkpoint_unsigned", f"is not signed by the key of the log: {problem}")]
    if (head.origin, head.size, head.root) != (origin, row.size, bytes(row.root)):
        return [_about(row, "checkpoint_changed", "was signed with another origin, size or root than it is kept with.")]
    if not _are_ours(row.note, [key for _, _, key in terms]):
        return [_about(row, "checkpoint_changed", "has lines of signatures that none of the log's keys wrote.")]
    if not any(key in signers for key in in_office) or signed_time(signers) != int(row.signed_at.timestamp()):
        return [_about(row, "checkpoint_changed", "was signed at another time than it is kept with.")]
    return []


def _are_ours(note: str, keys: list[Verifier]) -> bool:
    """Whether every signature in a note is of one of these keys, and none twice; those of witnesses lie elsewhere."""
    ours = {(one.name, one.key_id) for key in keys for one in (key, key.timed)}
    found = [(one.name, one.key_id) for one in split(note)[1]]
    return ours.issuperset(found) and len(set(found)) == len(found)


def _order(row: Checkpoint, before: dict[str, Any]) -> list[Finding]:
    if row.size < before["size"]:
        return [_about(row, "checkpoint_smaller", f"came after one of {before['size']} entries: a log never shrinks.")]
    if row.size == before["size"] and bytes(row.root).hex() != before["root"]:
        return [_about(row, "checkpoint_fork", "has another root than an earlier one of the same size: a fork.")]
    if before["at"] and row.signed_at < datetime.fromisoformat(before["at"]):
        return [_about(row, "checkpoint_earlier", "bears an earlier time than one before it.")]
    return []


def _cosignatures(rows: list[Checkpoint]) -> list[Finding]:
    """A line that is no signature, or not what our witness signed, would spoil the checkpoint for whoever reads it."""
    notes, witness = {row.pk: row for row in rows}, log_keys.witness()
    about = Cosignature.objects.filter(checkpoint__in=list(notes)).order_by("pk").values_list("checkpoint_id", "line")
    problem = "has a line of a witness that is no signature on it."
    return [
        _about(notes[pk], "cosignature_changed", problem)
        for pk, line in about
        if not is_cosignature(line.rstrip(), notes[pk].note.rpartition("\n\n")[0] + "\n", witness)
    ]


def _file() -> list[Finding]:
    """The checkpoint that everybody can fetch must be one of ours; before the first there is none."""
    path = signed.shown()
    if not (Checkpoint.objects.exists() or path.exists()):
        return []
    try:
        head, _ = opened_checkpoint(path.read_text(encoding="utf-8"), log_keys.verifiers())
    except FileNotFoundError:
        return [Finding("checkpoint_file", f"{path} is missing. The sealer writes it again.")]
    except (OSError, UnicodeDecodeError, BadNote) as problem:
        return [Finding("checkpoint_file", f"{path} is not the log's checkpoint: {problem}")]
    if not Checkpoint.objects.filter(size=head.size, root=head.root).exists():
        return [
            Finding("checkpoint_fork", f"{path} has a root at {head.size} entries that the database knows nothing of.")
        ]
    return []


def _about(row: Checkpoint, what: str, problem: str) -> Finding:
    at = f"{row.signed_at:%Y-%m-%dT%H:%M:%SZ}"
    return Finding(what, f"The checkpoint {row.pk} of {row.size} entries {problem}", index=row.size, at=at)
