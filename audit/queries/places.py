"""The places of entries in the tree, and what was signed about it last."""

from collections.abc import Sequence
from typing import Any

from audit.log import LOGS
from audit.models import Checkpoint, Leaf
from audit.notes import is_signature


def with_places(entries: Sequence[Any]) -> Sequence[Any]:
    """The entries, each with its `place`: its leaf in the tree, None while it waits for the sealer."""
    found = Leaf.objects.filter(entry_id__in=[entry.pk for entry in entries])
    leaves = {(LOGS.get(leaf.log), leaf.entry_id): leaf for leaf in found}
    for entry in entries:
        entry.place = leaves.get((type(entry), entry.pk))
    return entries


def latest_checkpoint() -> str | None:
    """The latest signed checkpoint with all signature lines, witnesses' too (C2SP tlog-checkpoint); None before one."""
    latest = Checkpoint.objects.order_by("-id").first()
    if latest is None:
        return None
    lines = [one.line.rstrip() for one in latest.cosignatures.order_by("id")]
    return latest.note + "".join(f"{line}\n" for line in lines if is_signature(line))
