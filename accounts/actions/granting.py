"""What somebody may give to others: never more than they hold at that moment."""

from accounts import locks
from accounts.errors import GrantRefused, RoleRefused
from accounts.limits import written
from accounts.models import Membership, Role
from accounts.models.grant import HasRole
from accounts.permissions import Permission
from accounts.roles import Rights

HIDDEN = "You see only some of the customers, so you cannot decide what others may do or see. Ask an administrator."
NO_LONGER = "You may not do this any more. Ask an administrator."


def granter(membership: Membership | None, permission: Permission) -> Rights | None:
    """What this member may give now, under the lock of the company; None, without limit, for an operator's command.

    Rights are read anew: they may have been taken away since the page was opened. Whoever sees only some
    customers gives nothing, because what others see would escape them.
    """
    if membership is None:
        return None
    now = holder(membership, permission)
    if now.is_restricted:
        raise GrantRefused(HIDDEN)
    return now.rights


def holder(membership: Membership, permission: Permission) -> Membership:
    """The member as they are at this moment, under the lock of the company, if they still hold the permission."""
    locks.company(membership.company_id)
    now = locks.membership(membership.pk)
    if not now.is_live or permission not in now.rights.permissions:
        raise GrantRefused(NO_LONGER)
    return now


def refuse_beyond(own: Rights | None, given: Rights) -> None:
    """Refuse to give what is not held; the sentence names it."""
    if own is None:
        return
    if beyond := given.beyond(own):
        named = "; ".join(_named(permission, own) for permission in Permission if permission in beyond)
        raise GrantRefused(f"You cannot give what you do not hold yourself: {named}.")


def current(role: str | Role) -> str | Role:
    """The role as it is at this moment, held until the transaction ends. One that was deleted cannot be given."""
    if isinstance(role, str):
        return role
    now = locks.role(role.pk)
    if now is None:
        raise RoleRefused(f"The role {role} was deleted meanwhile. Choose another one.")
    return now


def refuse_to_judge(own: Rights | None, judge: Membership | None, other: HasRole) -> None:
    """Nobody decides about themselves, nor about somebody who may do more than they."""
    if own is None or judge is None:
        return
    if other == judge:
        raise GrantRefused("Nobody decides about their own access. Ask another administrator.")
    if other.rights.beyond(own):
        raise GrantRefused(f"{other} may do more than you, so you cannot decide about them. Ask an administrator.")


def _named(permission: Permission, own: Rights) -> str:
    if permission not in own.permissions:
        return permission.sentence
    return f"{permission.sentence}, beyond {written(own.limits[permission]) or 'nothing'} at a time"
