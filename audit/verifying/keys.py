"""Whether every key of the log was signed in by the one before it."""

from itertools import pairwise

from audit import log_keys
from audit.merkle import EMPTY_ROOT
from audit.models import Checkpoint, LogKey
from audit.notes import BadNote, Verifier, opened, parse_verifier
from audit.verifying.findings import Finding


def check_keys(trusted: str) -> list[Finding]:
    """Read every hand-over. A given key must be one of the log's."""
    keys = list(LogKey.objects.order_by("pk"))
    if trusted and trusted not in [key.verifier_key for key in keys]:
        return [Finding("key_unknown", f"The key {trusted} is none of the keys this log has had.")]
    found = []
    for old, new in pairwise(keys):
        found += _hand_over(old, new)
    return found


def _hand_over(old: LogKey, new: LogKey) -> list[Finding]:
    try:
        before, after = parse_verifier(old.verifier_key), parse_verifier(new.verifier_key)
        text, signers = opened(new.hand_over, [before, after])
    except BadNote as problem:
        return [Finding("key_not_handed_over", f"The hand-over to the key {new.verifier_key} is no good: {problem}")]
    checkpoint = Checkpoint.objects.filter(size=new.size).order_by("pk").first()
    root = bytes(checkpoint.root) if checkpoint else EMPTY_ROOT
    if text != log_keys.hand_over_text(new.origin, before, after, new.size, root) or after not in signers:
        return [Finding("key_not_handed_over", f"The hand-over to the key {new.verifier_key} says something else.")]
    return [] if before in signers else [_without_the_old_key(new, before)]


def _without_the_old_key(new: LogKey, before: Verifier) -> Finding:
    return Finding(
        "key_lost",
        f"The key {new.verifier_key} took over at {new.size} entries, on {new.made_at:%Y-%m-%d %H:%M} UTC, without "
        f"the signature of {before}. Where nobody knows of a lost key, compare with a checkpoint kept elsewhere: "
        "manage.py verify_audit_log --since FILE",
        at=f"{new.made_at:%Y-%m-%dT%H:%M:%SZ}",
        is_warning=True,
    )
