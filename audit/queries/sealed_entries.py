"""Sealed entries: which leaf of the tree an entry has, which entry a leaf, and who signed what about them last."""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from audit.models import LOGS, Checkpoint, Envelope, Leaf, LogKey

AT_ONCE = 500


def places_of(log: str, ids: Sequence[UUID]) -> dict[UUID, Leaf]:
    """The leaves of these entries of a log; those that wait for the sealer have none."""
    return {
        leaf.entry_id: leaf
        for start in range(0, len(ids), AT_ONCE)
        for leaf in Leaf.objects.filter(log=log, entry_id__in=ids[start : start + AT_ONCE])
    }


def with_places(entries: Sequence[Any]) -> Sequence[Any]:
    """The entries, each with its `place`: its leaf in the tree, None while it waits for the sealer."""
    for log in LOGS:
        of_log = [entry for entry in entries if entry.log == log]
        places = places_of(log, [entry.pk for entry in of_log])
        for entry in of_log:
            entry.place = places.get(entry.pk)
    return entries


def leaves_from(company_id: UUID, number: int, count: int) -> list[Leaf]:
    """So many leaves of a company from a number on, or as many as there are."""
    return list(Leaf.objects.filter(company_id=company_id, number__gte=number).order_by("number")[:count])


def entries_of(leaves: Iterable[Leaf], **narrowed: Any) -> list[Envelope]:
    """The entries these leaves are of, in their order, each with its `place`; what is not there is left out."""
    places = {(leaf.log, leaf.entry_id): leaf for leaf in leaves}
    found: dict[tuple[str, UUID], Envelope] = {}
    for code, log in LOGS.items():
        for entry in log._base_manager.filter(pk__in=[id for of, id in places if of == code], **narrowed):
            found[code, entry.pk] = entry
    for key, entry in found.items():
        entry.place = places[key]
    return [found[key] for key in places if key in found]


def checkpoints() -> QuerySet[Checkpoint]:
    """What was signed, the latest first."""
    return Checkpoint.objects.order_by("-pk")


def latest_checkpoint() -> Checkpoint | None:
    """What was signed last; None before the first."""
    return checkpoints().first()


def keys_of_the_log() -> QuerySet[LogKey]:
    """Every key that ever signed, the latest first."""
    return LogKey.objects.order_by("-pk")
