"""A new key for the log, signed in by the one before it."""

from datetime import datetime

from django.db import transaction

from audit import events, log, log_keys, signed
from audit.actors import Actor
from audit.errors import KeyNotReplaceable
from audit.merkle import EMPTY_ROOT
from audit.models import LogKey
from audit.notes import Checkpoint as Head
from audit.notes import Signer, parse_verifier
from audit.placing import leaf_count
from audit.queries import latest_checkpoint
from audit.roots import root_at
from audit.sealing_lock import only_one

OTHER_HISTORY = (
    "The key is not replaced. The entries do not give the root that was signed at {size:,}. Run manage.py "
    "verify_audit_log to see what was changed, and restore the database."
)


def replace(*, is_lost: bool, by: Actor, at: datetime) -> LogKey:
    """Let a new key sign from now on. The old one signs the hand-over too, unless it is lost.

    Nobody seals meanwhile. Killed at any moment, the log has either key, and the sealer goes on with it.
    """
    with only_one() as is_ours:
        if not is_ours:
            raise KeyNotReplaceable("The sealer is at work right now. Try again in a moment.")
        former = LogKey.objects.order_by("-pk").first()
        if former is None:
            raise KeyNotReplaceable("The log has no key yet: the sealer makes one at its first turn.")
        old = _old_key(at)
        if old is None and not is_lost:
            raise KeyNotReplaceable("The old key cannot be read. Put it back, or say that it is gone: --lost")
        if old is not None and is_lost:
            raise KeyNotReplaceable("The old key is at hand and can sign the hand-over: leave out --lost.")
        last = _signed_last()
        key = _hand_over(former, old, log_keys.prepare(), last, by, at)
        log_keys.install()
    return key


def _old_key(at: datetime) -> Signer | None:
    try:
        return log_keys.signer(at)
    except log_keys.KeyLost:
        return None


def _signed_last() -> Head:
    """What was signed last, as files and database tell it; refused where they contradict each other or the places."""
    last = latest_checkpoint()
    try:
        found = signed.everything(log_keys.known(), last, leaf_count())
    except signed.Contradiction as contradiction:
        raise KeyNotReplaceable(f"The key is not replaced. {contradiction}") from None
    for size, root in {one.head.size: one.head.root for one in found}.items():
        if root_at(size) != root:
            raise KeyNotReplaceable(OTHER_HISTORY.format(size=size))
    return found[-1].head if found else Head(log_keys.origin(), 0, EMPTY_ROOT)


@transaction.atomic
def _hand_over(former: LogKey, old: Signer | None, new: Signer, last: Head, by: Actor, at: datetime) -> LogKey:
    before = parse_verifier(former.verifier_key)
    text = log_keys.hand_over_text(former.origin, before, new.verifier(), last.size, last.root)
    signatures = "".join(signer.sign(text) for signer in (new, old) if signer)
    key = LogKey.objects.create(
        verifier_key=str(new.verifier()),
        origin=former.origin,
        size=last.size,
        hand_over=f"{text}\n{signatures}",
        made_at=at,
    )
    log.record(
        events.LOG_KEY_REPLACED,
        target=key,
        by=by,
        at=at,
        former=former.verifier_key,
        size=last.size,
        is_lost=old is None,
    )
    return key
