"""What the companies of a person demand of their sign-in, and from which day on. Works on what it is given."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import IntEnum

from accounts.models import Company, Membership

ADMINISTRATOR = "administrator"


class Kind(IntEnum):
    """How pressing a demand is; the greatest is the strictest."""

    NONE = 0
    ADVISED = 1
    SET_UP_BY = 2
    MISSING = 3


@dataclass(frozen=True, slots=True)
class Demand:
    """What is still asked of a person. `last_day`, on the company's calendar, is the last one without it."""

    kind: Kind = Kind.NONE
    needs_passkey: bool = False
    company: Company | None = None
    last_day: date | None = None
    days_left: int | None = None

    @property
    def is_missing(self) -> bool:
        """Whether nothing opens any more but the set-up of what is demanded."""
        return self.kind is Kind.MISSING


NOTHING = Demand()


def demand(memberships: list[Membership], has_app: bool, has_passkey: bool, at: datetime) -> Demand:
    """The strictest of what a person's companies ask: of two alike, the one with the nearer day, or the passkey."""
    asked = [_of(membership, has_app, has_passkey, at) for membership in memberships]
    return max(asked, key=_strictness, default=NOTHING)


def needs_passkey(company: Company, role: str) -> bool:
    """Whether this role must have a passkey, whatever else is set up."""
    return company.passkey_for_administrators and role == ADMINISTRATOR


def needs_factor(company: Company, role: str) -> bool:
    """Whether the password alone is not enough for this role, once the days of grace are over."""
    return company.second_factor == Company.SecondFactor.REQUIRED or needs_passkey(company, role)


def last_day(membership: Membership) -> date | None:
    """The last day a member may go without; None where no day of grace is given."""
    company = membership.company
    if company.grace_days == 0:
        return None
    began = max(company.policy_since or membership.created_at, membership.created_at)
    return company.today(began) + timedelta(days=company.grace_days)


def _of(membership: Membership, has_app: bool, has_passkey: bool, at: datetime) -> Demand:
    company, passkey = membership.company, needs_passkey(membership.company, membership.role)
    if has_passkey or (has_app and not passkey):
        return NOTHING
    if needs_factor(company, membership.role):
        return _with_grace(membership, passkey, at)
    if company.second_factor == Company.SecondFactor.ADVISED:
        return Demand(Kind.ADVISED, company=company)
    return NOTHING


def _with_grace(membership: Membership, passkey: bool, at: datetime) -> Demand:
    company, last = membership.company, last_day(membership)
    left = -1 if last is None else (last - company.today(at)).days
    if last is None or left < 0:
        return Demand(Kind.MISSING, passkey, company)
    return Demand(Kind.SET_UP_BY, passkey, company, last, left)


def _strictness(demand: Demand) -> tuple[int, int, bool]:
    return demand.kind, -(demand.days_left or 0), demand.needs_passkey
