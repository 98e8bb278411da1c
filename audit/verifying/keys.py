"""Whether every key of the log was signed in by the one before it, and a sealed entry tells of it."""

import json
from itertools import pairwise
from typing import Any
from uuid import UUID

from audit import log_keys
from audit.leaves import Unreadable, entry_hash
from audit.merkle import EMPTY_ROOT
from audit.models import Checkpoint, Leaf, LogKey, SecurityEvent, Waiting
from audit.notes import BadNote, Verifier, opened, parse_verifier
from audit.values import text
from audit.verifying.findings import Finding
from audit.verifying.rows import readable

ACTION, LOG = "log_key.replaced", "security"


def check_keys(trusted: str) -> list[Finding]:
    """Read every hand-over. A given key must be one of the log's, and have signed in the next, and so on."""
    keys = list(LogKey.objects.order_by("pk"))
    if trusted and trusted not in [key.verifier_key for key in keys]:
        return [Finding("key_unknown", f"The key {trusted} is none of the keys this log has had.")]
    found, is_after = [_first_handed_over(key) for key in keys[:1] if key.hand_over], False
    for old, new in pairwise(keys):
        is_after = is_after or old.verifier_key == trusted
        found += _hand_over(old, new, is_after)
    return found


def _first_handed_over(key: LogKey) -> Finding:
    sentence = f"The key {key.verifier_key} is the first, and bears a hand-over: the log never had one before it."
    return Finding("key_not_handed_over", sentence)


def _hand_over(old: LogKey, new: LogKey, must_be_signed: bool) -> list[Finding]:
    try:
        before, after = parse_verifier(old.verifier_key), parse_verifier(new.verifier_key)
        said, signers = opened(new.hand_over, [before, after])
    except BadNote as problem:
        return [Finding("key_not_handed_over", f"The hand-over to the key {new.verifier_key} is no good: {problem}")]
    checkpoint = Checkpoint.objects.filter(size=new.size).order_by("pk").first()
    root = bytes(checkpoint.root) if checkpoint else EMPTY_ROOT
    if said != log_keys.hand_over_text(new.origin, before, after, new.size, root) or after not in signers:
        return [Finding("key_not_handed_over", f"The hand-over to the key {new.verifier_key} says something else.")]
    found = [] if before in signers else [_without_the_old_key(new, before, must_be_signed)]
    return found if _is_told(old, new) else [*found, _untold(new)]


def _is_told(old: LogKey, new: LogKey) -> bool:
    """Whether an entry with its place, or waiting for one, says that one key took over from the other."""
    about = {"action": ACTION, "object_id": str(new.pk), "object_label": text(new.verifier_key, 200)}
    rows = readable(LOG, list(SecurityEvent._base_manager.filter(**about).values_list("pk", flat=True)))
    return any(_names(row, old) and _is_placed(row) for row in rows)


def _names(row: tuple[Any, ...], old: LogKey) -> bool:
    try:
        return bool(json.loads(row[20])["former"] == old.verifier_key)
    except (TypeError, ValueError, KeyError):
        return False


def _is_placed(row: tuple[Any, ...]) -> bool:
    # The queue first: what leaves it meanwhile has its place by then.
    is_waiting = Waiting.objects.filter(log=LOG, entry_id=UUID(row[0])).exists()
    leaf = Leaf.objects.filter(log=LOG, entry_id=UUID(row[0])).first()
    if leaf is None:
        return is_waiting
    try:
        return entry_hash(LOG, leaf.number, row) == bytes(leaf.hash)
    except Unreadable:
        return False


def _untold(new: LogKey) -> Finding:
    sentence = f"The key {new.verifier_key} took over at {new.size} entries, and no sealed entry says so."
    return Finding("key_unsaid", sentence, at=f"{new.made_at:%Y-%m-%dT%H:%M:%SZ}")


def _without_the_old_key(new: LogKey, before: Verifier, must_be_signed: bool) -> Finding:
    return Finding(
        "key_lost",
        f"The key {new.verifier_key} took over at {new.size} entries, on {new.made_at:%Y-%m-%d %H:%M} UTC, without "
        f"the signature of {before}. Where nobody knows of a lost key, compare with a checkpoint kept elsewhere: "
        "manage.py verify_audit_log --since FILE",
        at=f"{new.made_at:%Y-%m-%dT%H:%M:%SZ}",
        is_warning=not must_be_signed,
    )
