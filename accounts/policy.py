"""What the companies of a person demand of their sign-in, and from which day on. Works on what it is given."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import IntEnum

from accounts.models import Company, Membership
from accounts.roles import ADMINISTRATOR


class Kind(IntEnum):
    """How pressing a demand is; the greatest is the strictest."""

    NONE = 0
    ADVISED = 1
    SET_UP_BY = 2
    MISSING = 3


@dataclass(frozen=True, slots=True)
class Demand:
    """What is still asked of a person. `last_day`, on the company's calendar, is the last one without it.

    With `has_one` nothing is to be set up: the passkey is there, and is to be used.
    """

    kind: Kind = Kind.NONE
    needs_passkey: bool = False
    company: Company | None = None
    last_day: date | None = None
    days_left: int = 0
    has_one: bool = False

    @property
    def is_missing(self) -> bool:
        """Whether nothing opens any more but the set-up of what is demanded."""
        return self.kind is Kind.MISSING

    @property
    def is_advised(self) -> bool:
        """Whether it is asked for, and nothing happens to those who do not follow."""
        return self.kind is Kind.ADVISED


NOTHING = Demand()


def demand(memberships: list[Membership], has_app: bool, has_passkey: bool, at: datetime) -> Demand:
    """The strictest of what a person's companies ask: of two alike, the one with the nearer day, or the passkey."""
    asked = [one for membership in memberships for one in _of(membership, has_app, has_passkey, at)]
    return max(asked, key=_strictness, default=NOTHING)


def required(memberships: list[Membership], has_app: bool, has_passkey: bool) -> Demand:
    """What a person with these factors would lack, whatever grace they have: what may not be removed."""
    for membership in memberships:
        if needs_passkey(membership) and not has_passkey:
            return Demand(Kind.MISSING, True, membership.company)
    for membership in memberships:
        if needs_factor(membership) and not (has_app or has_passkey):
            return Demand(Kind.MISSING, False, membership.company)
    return NOTHING


def needs_factor(membership: Membership) -> bool:
    """Whether this member needs any second factor, once the days of grace are over."""
    return membership.company.second_factor == Company.SecondFactor.REQUIRED


def needs_passkey(membership: Membership) -> bool:
    """Whether this member needs a passkey, once the days of grace are over, whatever else is set up."""
    return membership.company.passkey_for_administrators and membership.role == ADMINISTRATOR


def _of(membership: Membership, has_app: bool, has_passkey: bool, at: datetime) -> Iterator[Demand]:
    company, has_factor = membership.company, has_app or has_passkey
    if needs_passkey(membership) and not has_passkey:
        yield _with_grace(membership, company.passkey_since, True, at)
    if needs_factor(membership) and not has_factor:
        yield _with_grace(membership, company.policy_since, False, at)
    if company.second_factor == Company.SecondFactor.ADVISED and not has_factor:
        yield Demand(Kind.ADVISED, company=company)


def _with_grace(membership: Membership, since: datetime | None, passkey: bool, at: datetime) -> Demand:
    """Grace is counted in days of the company's calendar, the last of them whole; no days of grace are none at all."""
    company = membership.company
    began = max(since or membership.created_at, membership.created_at)
    last_day = company.today(began) + timedelta(days=company.grace_days)
    days_left = (last_day - company.today(at)).days
    if company.grace_days == 0 or days_left < 0:
        return Demand(Kind.MISSING, passkey, company)
    return Demand(Kind.SET_UP_BY, passkey, company, last_day, days_left)


def _strictness(demand: Demand) -> tuple[int, int, bool]:
    return demand.kind, -demand.days_left, demand.needs_passkey
