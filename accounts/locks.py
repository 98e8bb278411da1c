"""Row locks, always company before user before membership before invitation or approval, always inside a transaction.

Keys never change, so locks leave them free: rows that merely refer to a locked one can still be added, and nobody who
adds one with a lock of billing in hand waits in a circle with somebody who goes on to billing from here.
"""

from collections.abc import Iterable
from uuid import UUID

from django.db.models import QuerySet

from accounts.models import Approval, Company, Invitation, Membership, Role, User


def company(id: UUID) -> Company:
    """The company, held until the transaction ends."""
    return Company.objects.select_for_update(no_key=True).get(pk=id)


def user(id: UUID) -> User:
    """The user, held until the transaction ends."""
    return User.objects.select_for_update(no_key=True).get(pk=id)


def membership(id: UUID) -> Membership:
    """The membership, held until the transaction ends."""
    return _memberships().get(pk=id)


def memberships(ids: Iterable[UUID]) -> dict[UUID, Membership]:
    """Several of them by id, held in the order of their ids, so that two callers never wait for each other."""
    return {one.pk: one for one in _memberships().filter(pk__in=set(ids)).order_by("pk")}


def approval(id: UUID) -> Approval:
    """The request for a second person, held until the transaction ends."""
    return Approval.objects.select_for_update(of=("self",), no_key=True).select_related("company").get(pk=id)


def _memberships() -> QuerySet[Membership]:
    locked = Membership.objects.select_for_update(of=("self",), no_key=True)
    return locked.select_related("user", "company", "own_role")


def invitation(id: UUID) -> Invitation:
    """The invitation, held until the transaction ends."""
    locked = Invitation.objects.select_for_update(of=("self",), no_key=True)
    return locked.select_related("company", "own_role", "invited_by__user").get(pk=id)


def role(id: UUID) -> Role | None:
    """The company's own role, held until the transaction ends; None for one that was deleted."""
    return Role.objects.select_for_update(of=("self",)).select_related("company").filter(pk=id).first()
