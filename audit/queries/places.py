"""The places of entries in the tree, and what was signed about it last."""

from collections.abc import Sequence
from typing import Any

from audit.log import LOGS
from audit.models import Checkpoint, Leaf


def with_places(entries: Sequence[Any]) -> Sequence[Any]:
    """The entries, each with its `place`: its leaf in the tree, None while it waits for the sealer."""
    found = Leaf.objects.filter(entry_id__in=[entry.pk for entry in entries])
    leaves = {(LOGS.get(leaf.log), leaf.entry_id): leaf for leaf in found}
    for entry in entries:
        entry.place = leaves.get((type(entry), entry.pk))
    return entries


def latest_checkpoint() -> Checkpoint | None:
    """What was signed last; None before the first."""
    return Checkpoint.objects.order_by("-pk").first()
