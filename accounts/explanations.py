"""Why a person may or may not do something: one reason after the other, from facts that were looked up before."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from accounts.approvals import Kind, waits
from accounts.comparison import gives
from accounts.limits import written
from accounts.models import Membership
from accounts.permissions import LIMITABLE, Permission
from accounts.policy import Demand

DECIDES_ABOUT_OTHERS = frozenset({Permission.TEAM_EDIT, Permission.ROLE_EDIT, Permission.SECURITY_EDIT})
"""What is refused to whoever sees only some customers, because what others see would escape them."""


@dataclass(frozen=True, slots=True)
class Reason:
    """One step of an answer. It lets the person through, it stops them, or (None) it says how far they get."""

    lets: bool | None
    sentence: str


@dataclass(frozen=True, slots=True)
class Facts:
    """What an answer rests on: the demand on the person's sign-in, roles, keys by name, and acts that can wait.

    `seen` is how many customers they see of how many; None where that is nobody's business or nothing is hidden.
    """

    membership: Membership
    demand: Demand
    given_by: Sequence[str] = ()
    seen: tuple[int, int] | None = None
    kinds: Sequence[Kind] = ()
    keys: Sequence[str] = ()


def explain(permission: Permission, facts: Facts) -> list[Reason]:
    """The reasons, in the order in which they are asked on each request."""
    return [
        _membership(facts.membership),
        _sign_in(facts.demand),
        _role(permission, facts),
        *_limit(permission, facts.membership),
        *_customers(permission, facts),
        *_second_person(permission, facts),
        *_keys(facts),
    ]


def may(reasons: Sequence[Reason]) -> bool:
    """The answer: yes, if nothing stops the person."""
    return all(reason.lets is not False for reason in reasons)


def _membership(membership: Membership) -> Reason:
    name, company = membership.user.name, membership.company
    if membership.revoked_at:
        return Reason(False, f"{name} is not a member of {company} any more.")
    if membership.suspended_at:
        return Reason(False, f"{name} is suspended: nothing in {company} opens until they are let in again.")
    if membership.user.is_locked or not membership.user.is_active:
        return Reason(False, f"The account of {name} is closed, so they cannot sign in.")
    return Reason(True, f"{name} is a member of {company}.")


def _sign_in(demand: Demand) -> Reason:
    what = "a passkey" if demand.needs_passkey else "a second factor"
    if demand.is_missing:
        return Reason(False, f"Their sign-in lacks {what}: until they set it up, nothing else opens for them.")
    if demand.last_day:
        return Reason(None, f"Their sign-in lacks {what}. After {demand.last_day:%-d %b %Y} nothing opens without it.")
    return Reason(True, "Their sign-in has all that the rules demand.")


def _role(permission: Permission, facts: Facts) -> Reason:
    role = facts.membership.role_name
    if gives(facts.membership.rights, permission).held:
        return Reason(True, f"Their role, {role}, lets them {permission.sentence}.")
    others = f"These do: {', '.join(facts.given_by)}." if facts.given_by else "No role does."
    return Reason(False, f"Their role, {role}, does not let them {permission.sentence}. {others}")


def _limit(permission: Permission, membership: Membership) -> Iterator[Reason]:
    given = gives(membership.rights, permission)
    if permission in LIMITABLE and given.held:
        amount = f"up to {given.limit} at a time; other currencies not at all" if given.limit else "any amount"
        yield Reason(None, f"Their role sets how much: {amount}.")


def _customers(permission: Permission, facts: Facts) -> Iterator[Reason]:
    membership = facts.membership
    if not membership.is_restricted:
        return
    if permission in DECIDES_ABOUT_OTHERS:
        yield Reason(False, "They see only some customers, so they decide nothing about what others may do or see.")
        return
    counted = f" That is {facts.seen[0]} of {facts.seen[1]} today." if facts.seen else ""
    yield Reason(None, f"Where a customer is concerned, only with those they see: {_small(membership)}.{counted}")


def _second_person(permission: Permission, facts: Facts) -> Iterator[Reason]:
    company = facts.membership.company
    for kind in facts.kinds:
        if kind.permission == permission and waits(company, kind):
            free = company.approvals.get(kind.code) or {}
            until = f" Up to {written(free)} they need nobody." if free else ""
            yield Reason(None, f"A second person has to agree to this: {kind.sentence}.{until}")


def _keys(facts: Facts) -> Iterator[Reason]:
    if facts.keys:
        yield Reason(None, f"Programs may do it with these API keys of theirs: {', '.join(facts.keys)}.")


def _small(membership: Membership) -> str:
    """The words within a sentence; the names of fields stay as they are."""
    words = membership.restriction_words
    return words if membership.named_values else words[:1].lower() + words[1:]
