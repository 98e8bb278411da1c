"""Everything that changes who belongs to a company."""

from collections.abc import Callable, Collection, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q

from accounts import events, locks, roles
from accounts.actions import api_keys, approvals, endings, granting, judging, notices, restricting
from accounts.errors import AlreadyMember, MemberRefused
from accounts.models import Company, Membership, Role, User
from accounts.models.grant import HasRole
from accounts.queries.restrictions import words_of
from accounts.scoping import in_company
from audit import log
from audit.actors import Actor

USE_IS_NOTED_EVERY = timedelta(hours=1)
REACTIVATE = "reactivate"
Restriction = Membership.Restriction

on_revoked: list[Callable[..., Any]] = []
"""What the apps above do when a membership ends. Each is called, in the company's scope and in the same
transaction, as `declared(membership=…, heir=…, by=…, at=…)`; they add themselves at start-up."""


@transaction.atomic
def add(
    *,
    company: Company,
    user: User,
    role: str | Role,
    by: Actor,
    at: datetime,
    restriction: str = Membership.Restriction.NONE,
    field_values: dict[str, list[str]] | None = None,
    customer_ids: list[str] | None = None,
) -> Membership:
    """Let a person into a company, as a built-in role or one of its own. Its first administrator owns it.

    Account managers see their own customers only, unless they are restricted in another way.
    """
    company = locks.company(company.pk)
    if Membership.objects.present().filter(company=company, user=user).exists():
        raise AlreadyMember(f"{user} is already a member of {company}.")
    if role in roles.SEES_OWN_CUSTOMERS_ONLY and restriction == Membership.Restriction.NONE:
        restriction = Membership.Restriction.OWNER
    membership = Membership.objects.create(
        company=company,
        user=user,
        **role_fields(role),
        restriction=restriction,
        field_values=field_values or {},
        customer_ids=customer_ids or [],
        is_owner=role == roles.ADMINISTRATOR and not Membership.objects.filter(company=company, is_owner=True).exists(),
        created_at=at,
    )
    log.record(events.MEMBER_ADDED, target=membership, by=by, at=at, role=membership.role_name)
    return membership


@transaction.atomic
def change_role(
    *,
    membership: Membership,
    role: str | Role,
    granter: Membership | None,
    by: Actor,
    at: datetime,
    is_agreed: bool = False,
) -> Membership:
    """Give a member another role, which counts from their next request on.

    Where the company wants it, nobody gives a role that decides about others, or agrees to what they ask,
    unless a second person agreed.

    Nothing stays hidden from an administrator. Who becomes account manager sees their own customers only, unless
    restricted in another way.
    """
    member, own = judging.judged(membership, granter)
    role = granting.current(role)
    former, hidden = member.role_name, words_of(member)
    if role in (member.role, member.own_role):
        raise MemberRefused(f"{member} has the role {former} already. Choose another one.")
    if member.is_administrator:
        judging.refuse_to_lose(member)
    given = Membership(**role_fields(role))
    granting.refuse_beyond(own, given.rights)
    if granter and not is_agreed and _gains_power(member, given):
        changes = {"Role": [former, given.role_name]}
        payload = {"former": member.role_key, "changes": changes} | asked_role(given)
        approvals.refuse_alone("administrator", member.company, target=member, payload=payload)
    for column, value in role_fields(role).items():
        setattr(member, column, value)
    if member.is_administrator:
        restricting.put(member, Restriction.NONE)
    elif member.role in roles.SEES_OWN_CUSTOMERS_ONLY and not member.is_restricted:
        restricting.put(member, Restriction.OWNER)
    member.save(update_fields=["role", "own_role", *restricting.COLUMNS])
    if not member.is_administrator:
        endings.take_ownership_offers_back(member, f"{member} is no administrator any more.", by, at)
    changes = {"role": [former, member.role_name]}
    if hidden != member.restriction_words:
        changes["restriction"] = [hidden, member.restriction_words]
    log.record(
        events.MEMBER_ROLE_CHANGED, target=member, by=by, at=at, changes=changes, former=former, role=member.role_name
    )
    facts = {"role": member.role_name, "former": former, "sight": member.restriction_words}
    notices.tell_member("role_changed", membership=member, by=by, at=at, facts=facts)
    return member


@transaction.atomic
def restrict(
    *,
    membership: Membership,
    restriction: str,
    field_values: Mapping[str, Collection[str]] | None = None,
    customer_ids: Collection[str] | None = None,
    granter: Membership | None,
    by: Actor,
    at: datetime,
) -> Membership:
    """Limit a member to some customers, or to none of them no more, from their next request on."""
    member, _ = judging.judged(membership, granter)
    if member.is_administrator and restriction != Restriction.NONE:
        raise MemberRefused(f"{member} is an administrator and sees every customer. Give them another role first.")
    changes = restricting.put(member, restriction, field_values, customer_ids)
    if not changes:
        return member
    member.save(update_fields=restricting.COLUMNS)
    sight = words_of(member)
    log.record(events.MEMBER_RESTRICTION_CHANGED, target=member, by=by, at=at, changes=changes, sight=sight)
    notices.tell_member("sight_changed", membership=member, by=by, at=at, facts={"sight": sight})
    return member


@transaction.atomic
def suspend(*, membership: Membership, granter: Membership | None, by: Actor, at: datetime) -> Membership:
    """Shut a person out of a company for now: their sessions in it end, and their API keys open nothing."""
    member, _ = judging.judged(membership, granter)
    if member.suspended_at is not None:
        raise MemberRefused(f"{member} is suspended already.")
    judging.refuse_to_lose(member)
    ended = shut_out(member, by, at)
    log.record(events.MEMBER_SUSPENDED, target=member, by=by, at=at, sessions_ended=ended)
    notices.tell_member("suspended", membership=member, by=by, at=at)
    return member


@transaction.atomic
def reactivate(
    *, membership: Membership, granter: Membership | None, by: Actor, at: datetime, is_agreed: bool = False
) -> Membership:
    """Let a suspended person in again, as what they were. It counts as a use.

    Where giving their role needs a second person, letting them back into it does as well.
    """
    member, _ = judging.judged(membership, granter)
    if member.suspended_at is None:
        raise MemberRefused(f"{member} is not suspended.")
    if granter and not is_agreed and roles.administers(member.rights):
        changes = {"Access": ["Suspended", f"Let in again as {member.role_name}"]}
        payload = {"act": REACTIVATE, "former": member.role_key, "changes": changes} | asked_role(member)
        approvals.refuse_alone("administrator", member.company, target=member, payload=payload)
    since = member.suspended_at
    member.suspended_at, member.last_seen_at, member.unused_warned_at = None, at, None
    member.save(update_fields=["suspended_at", "last_seen_at", "unused_warned_at"])
    log.record(events.MEMBER_REACTIVATED, target=member, by=by, at=at, suspended_since=since)
    notices.tell_member("reactivated", membership=member, by=by, at=at, facts={"role": member.role_name})
    return member


@transaction.atomic
def revoke(
    *, membership: Membership, granter: Membership | None, by: Actor, at: datetime, heir: User | None = None
) -> Membership:
    """Shut a person out of a company from their next request on. One administrator always stays.

    What they left to be done ends: sessions, API keys, what they asked for, whom they invited. Their customers pass
    to `heir`, or to nobody.
    """
    member, _ = judging.judged(membership, granter)
    judging.refuse_to_lose(member)
    _refuse_heir(heir, member)
    member.revoked_at = at
    member.save(update_fields=["revoked_at"])
    ended = {
        "sessions_ended": endings.end_sessions(member),
        "api_access_revoked": api_keys.revoke_of(membership=member, by=by, at=at),
        "requests_withdrawn": approvals.end_of(membership=member, by=by, at=at),
        "invitations_withdrawn": endings.withdraw_invitations(member, by, at),
    }
    endings.take_ownership_offers_back(member, f"{member} was removed.", by, at)
    log.record(events.MEMBER_REVOKED, target=member, by=by, at=at, new_owner=str(heir or "nobody"), **ended)
    notices.tell_member("revoked", membership=member, by=by, at=at)
    with in_company(member.company):
        for declared in on_revoked:
            declared(membership=member, heir=heir, by=by, at=at)
    return member


def shut_out(member: Membership, by: Actor, at: datetime) -> int:
    """Suspend a member who is held, and sign them out of the company; how many sessions that ended."""
    member.suspended_at = at
    member.save(update_fields=["suspended_at"])
    endings.take_ownership_offers_back(member, f"{member} was suspended.", by, at)
    return endings.end_sessions(member)


def note_use(*, membership: Membership, at: datetime) -> None:
    """Keep when a member last did something, to the hour."""
    before = at - USE_IS_NOTED_EVERY
    stale = Membership.objects.filter(pk=membership.pk).filter(
        Q(last_seen_at__isnull=True) | Q(last_seen_at__lt=before)
    )
    if membership.last_seen_at is None or membership.last_seen_at < before:
        stale.update(last_seen_at=at, unused_warned_at=None)


def asked_role(given: HasRole) -> dict[str, Any]:
    """A role as a second person is asked about it: which one, and what it gives at that moment."""
    return {"role": given.role_key, "gives": sorted(permission.value for permission in given.rights.permissions)}


def role_fields(role: str | Role) -> dict[str, object]:
    """The two columns in which a role is kept."""
    return {"role": "", "own_role": role} if isinstance(role, Role) else {"role": role, "own_role": None}


def _gains_power(member: Membership, given: HasRole) -> bool:
    """Whether a member would come to decide about others or about what they ask, or to decide about more."""
    is_more = given.is_administrator or bool(given.rights.beyond(member.rights))
    return roles.administers(given.rights) and is_more


def _refuse_heir(heir: User | None, member: Membership) -> None:
    """Customers pass to somebody else who is here, or to nobody."""
    if heir is None:
        return
    others = Membership.objects.live().filter(company=member.company_id).exclude(pk=member.pk)
    if not others.filter(user=heir).exists():
        raise MemberRefused(f"{heir} cannot take over customers here. Choose another member, or nobody.")
