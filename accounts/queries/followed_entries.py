"""The sealed entries as what watches over them reads them: in the order of the tree, across all companies."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from accounts.alert_kinds import AlertKind, Concern, Often, covered, watched
from accounts.models import Company, Membership
from accounts.permissions import Permission
from accounts.roles import ADMINISTERING
from audit.models import LOGS, Envelope, Follower, Leaf
from audit.queries import entries_of

BATCH = 500
DECIDES_ABOUT_OTHERS = ADMINISTERING - {Permission.APPROVAL_DECIDE}
"""Whoever holds one of these administers. Agreeing as a second person, which every employee may, is not enough."""


@dataclass(frozen=True, slots=True)
class Batch:
    """The next entries of the tree: how many there are, where the following begin, and those worth a look, in order."""

    size: int
    next_index: int
    entries: list[Envelope]


def place_of(follower: str) -> int:
    """The index of the first leaf that a follower has not read."""
    return Follower.objects.filter(pk=follower).values_list("next_index", flat=True).first() or 0


def batch_from(index: int, within: timedelta) -> Batch:
    """The batch that begins at an index. Erased entries, and those sealed later than `within`, are no matter."""
    leaves = list(Leaf.objects.filter(index__gte=index).order_by("index")[:BATCH])
    if not leaves:
        return Batch(0, index, [])
    found = entries_of(leaves, action__in=watched(), erased_at__isnull=True)
    in_time = [entry for entry in found if entry.place.sealed_at - entry.at <= within]
    return Batch(len(leaves), leaves[-1].index + 1, in_time)


def how_often(kind: AlertKind, often: Often, entry: Envelope, who: dict[str, str]) -> int:
    """How many entries like this one there were by the same actor or address, in the time until it."""
    like = {"company_id": entry.company_id, "at__gt": entry.at - often.within, "at__lte": entry.at, **who}
    codes = {name: covered(kind, name) for name in LOGS}
    return sum(LOGS[name]._base_manager.filter(action__in=of, **like).count() for name, of in codes.items() if of)


def concerned(kind: AlertKind, entry: Envelope) -> list[UUID]:
    """The companies that an entry of this kind alerts."""
    if kind.concerns == Concern.COMPANY:
        return [entry.company_id] if entry.company_id else []
    if kind.concerns == Concern.EVERYBODY:
        return list(Company.objects.order_by("pk").values_list("pk", flat=True))
    person = entry.object_id if entry.object_type == "user" else entry.actor_id
    members = Membership.objects.live().filter(user=UUID(person)).select_related("own_role").order_by("pk")
    is_enough = kind.concerns == Concern.MEMBER
    return [one.company_id for one in members if is_enough or one.rights.permissions & DECIDES_ABOUT_OTHERS]
