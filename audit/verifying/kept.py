"""What the sealer keeps beside its key, against what the database says: whoever owns that cannot change this.

Only who may read the sealer's folder can compare them: for everybody else there is nothing to find.
"""

import os

from audit import log_keys, signed
from audit.models import Checkpoint
from audit.roots import root_at
from audit.verifying.findings import Finding


def check_kept() -> list[Finding]:
    """Whether the history is the one the sealer signed last, and the key at hand the one that signs."""
    return _signed() + _key()


def can_compare() -> bool:
    """Whether what the sealer keeps can be read here."""
    return os.access(signed.memory(), os.R_OK)


def _signed() -> list[Finding]:
    try:
        kept = signed.remembered(log_keys.verifiers())
    except signed.Contradiction:
        sentence = f"What the sealer keeps in {signed.memory()} was signed by none of the keys in the database."
        return [Finding("sealer_signed", sentence)]
    except OSError:
        return []
    # The sealer keeps a checkpoint a moment before the database has it.
    if kept is None or Checkpoint.objects.filter(size=kept.head.size, root=kept.head.root).exists():
        return []
    if root_at(kept.head.size) == kept.head.root:
        return []
    sentence = f"The sealer signed another history of {kept.head.size:,} entries than the one in the database."
    return [Finding("sealer_signed", sentence, index=kept.head.size, at=f"{kept.at:%Y-%m-%dT%H:%M:%SZ}")]


def _key() -> list[Finding]:
    key = log_keys.other_at_hand()
    if key is None:
        return []
    return [Finding("key_at_hand", f"The sealer has the key {key}, and the database says that another signs the log.")]
