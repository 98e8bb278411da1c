"""Everything that changes the roles a company makes for itself."""

from collections.abc import Collection
from datetime import datetime
from typing import Any
from unicodedata import normalize
from uuid import UUID

from django.db import transaction

from accounts import events, locks
from accounts.actions import granting, members, notices
from accounts.approvals import find, waits
from accounts.comparison import told
from accounts.errors import NameTaken, RoleRefused
from accounts.models import Company, Invitation, Membership, Role
from accounts.permissions import LIMITABLE, Permission
from accounts.queries.roles import invitations_with, members_with, out_of_reach
from accounts.roles import ADMINISTERING, ADMINISTRATOR, BUILT_IN, NAMES, Rights
from audit import log
from audit.actors import Actor


@transaction.atomic
def create(
    *,
    company: Company,
    name: str,
    description: str,
    rights: Rights,
    granter: Membership | None,
    by: Actor,
    at: datetime,
) -> Role:
    """Make a role that gives no more than its maker holds."""
    own = granting.granter(granter, Permission.ROLE_EDIT)
    company = locks.company(company.pk)
    _refuse_impossible(rights)
    _refuse_taken(company, name)
    granting.refuse_beyond(own, rights)
    role = Role(company=company, name=name, description=description, created_at=at, **stored(rights))
    role.save(force_insert=True)
    changes = {field: [None, value] for field, value in _fields(role).items() if value}
    log.record(events.ROLE_CREATED, target=role, by=by, at=at, changes=changes)
    return role


@transaction.atomic
def change(
    *, role: Role, name: str, description: str, rights: Rights, granter: Membership | None, by: Actor, at: datetime
) -> Role:
    """Change what a role gives, for all who hold it from their next request on; each of them is told."""
    own, role = _hold(role, granter)
    _refuse_impossible(rights)
    _refuse_taken(role.company, name, besides=role)
    granting.refuse_beyond(own, rights)
    before, former, rights_before = _fields(role), role.name, role.rights
    _refuse_alone(role, rights, at)
    role.name, role.description = name, description
    role.permissions, role.limits = stored(rights).values()
    changes = {field: [before[field], value] for field, value in _fields(role).items() if value != before[field]}
    if not changes:
        return role
    role.save(update_fields=list(changes))
    log.record(events.ROLE_CHANGED, target=role, by=by, at=at, changes=changes)
    words = told(rights_before, rights, renamed=former if former != name else "")
    facts = {"role": role.name, "changed": words}
    holders = [member for member in members_with(role.company, role.key) if member.is_live]
    for member in holders if words else []:
        notices.tell_member("own_role_changed", membership=member, by=by, at=at, facts=facts)
    return role


@transaction.atomic
def delete(
    *,
    role: Role,
    heir: str | Role | None,
    holders: Collection[UUID],
    granter: Membership | None,
    by: Actor,
    at: datetime,
) -> None:
    """Delete a role and give those who hold it another, the heir. `holders` are the ids the deleter saw.

    Rows of what has ended refer to the role as well: they follow, and the log keeps what they were.
    """
    own, role = _hold(role, granter)
    company, key = role.company, role.key
    moved, invited = list(members_with(company, key)), list(invitations_with(company, key, at))
    if {one.pk for one in (*moved, *invited)} != set(holders):
        raise RoleRefused(f"Others hold the role {role} by now than those you saw. Look again who gets another one.")
    heir = _refuse_heir(role, heir, own, is_needed=bool(moved or invited))
    for member in moved:
        members.change_role(membership=member, role=heir, granter=granter, by=by, at=at)
    fields = members.role_fields(heir)
    Invitation.objects.filter(own_role=role).update(**fields)
    Membership.objects.filter(own_role=role).update(**fields)
    log.record(
        events.ROLE_DELETED,
        target=role,
        by=by,
        at=at,
        moved=_words(heir, moved, invited),
        changes={field: [value, None] for field, value in _fields(role).items() if value},
    )
    role.delete()


def stored(rights: Rights) -> dict[str, Any]:
    """Rights as a row keeps them."""
    limits = {one.value: dict(most) for one, most in rights.limits.items()}
    return {"permissions": sorted(one.value for one in rights.permissions), "limits": limits}


def _hold(role: Role, granter: Membership | None) -> tuple[Rights | None, Role]:
    """The role under lock, and what the granter may give; refused to who holds the role, or less than it."""
    own = granting.granter(granter, Permission.ROLE_EDIT)
    locks.company(role.company_id)
    now = locks.role(role.pk)
    if now is None:
        raise RoleRefused(f"The role {role} was deleted meanwhile.")
    if granter and own and (reason := out_of_reach(now, locks.membership(granter.pk), own)):
        raise RoleRefused(reason)
    return own, now


def _refuse_alone(role: Role, rights: Rights, at: datetime) -> None:
    """Where giving such a role waits for a second person, nobody lets one that is held become such a one."""
    if not _comes_to_decide(role, rights):
        return
    if members_with(role.company, role.key).exists() or invitations_with(role.company, role.key, at).exists():
        raise RoleRefused(
            f"Somebody holds {role}, and giving a role that decides about others or agrees to what they ask needs a "
            "second person. "
            "Make a new role with these permissions and give them that one."
        )


def _comes_to_decide(role: Role, rights: Rights) -> bool:
    """Whether those with the role would come to decide by these rights, and nobody gives that alone."""
    return bool(ADMINISTERING & rights.beyond(role.rights)) and waits(role.company, find("administrator"))


def _refuse_impossible(rights: Rights) -> None:
    """Refuse what would do nothing, and limits on what moves no money."""
    for permission in Permission:
        missing = [one.sentence for one in Permission if one in permission.needs - rights.permissions]
        if permission in rights.permissions and missing:
            raise RoleRefused(f"“{permission.sentence}” also needs: {'; '.join(missing)}. Tick that too, or neither.")
    if not rights.limits.keys() <= LIMITABLE & rights.permissions:
        raise RoleRefused("A limit belongs to a permission that the role gives and that moves money.")


def _refuse_taken(company: Company, name: str, besides: Role | None = None) -> None:
    others = [role for role in Role.objects.filter(company=company) if role != besides]
    taken = {*NAMES.values(), *(role.name for role in others)}
    if _folded(name) in {_folded(one) for one in taken}:
        raise NameTaken(f"There is a role called {name} already. Choose another name.")


def _folded(name: str) -> str:
    """What names that look the same have in common, whatever their letters' case and width."""
    return normalize("NFKC", normalize("NFKC", name).casefold())


def _refuse_heir(role: Role, heir: str | Role | None, own: Rights | None, *, is_needed: bool) -> str | Role:
    if is_needed and own and Permission.TEAM_EDIT not in own.permissions:
        raise RoleRefused(f"You give nobody another role. Ask somebody who does to empty the role {role} first.")
    if heir is None and is_needed:
        raise RoleRefused(f"Choose the role that those who hold {role} get.")
    if heir == ADMINISTRATOR:
        raise RoleRefused("Nobody becomes an administrator because a role is deleted. Choose another one.")
    heir = granting.current(heir or "read_only")
    if heir == role:
        raise RoleRefused(f"The role {role} is the one you delete. Choose another one.")
    if is_needed and own:
        given = Rights(BUILT_IN[heir]) if isinstance(heir, str) else heir.rights
        granting.refuse_beyond(own, given)
        if _comes_to_decide(role, given):
            raise RoleRefused(f"Giving the role {heir} needs a second person, too. Choose another one.")
    return heir


def _fields(role: Role) -> dict[str, Any]:
    return {"name": role.name, "description": role.description, "permissions": role.permissions, "limits": role.limits}


def _words(heir: str | Role, moved: list[Membership], invited: list[Invitation]) -> str:
    names = [str(one) for one in (*moved, *invited)]
    if not names:
        return "nobody held it"
    return f"{', '.join(names)} got the role {NAMES[heir] if isinstance(heir, str) else heir}"
