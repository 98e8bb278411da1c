"""Which acts can wait for a second person, and what the rules of a company say about one of them."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import Self

from django.core.exceptions import ImproperlyConfigured

from accounts.models import Company
from accounts.permissions import Permission
from accounts.roles import Rights

LASTS = timedelta(days=3)
USED_WITHIN = timedelta(hours=24)

Rules = dict[str, dict[str, int]]
"""What a company keeps: {kind: {currency: whole units up to which nobody else is needed}}."""

Perform = Callable[..., None]
"""Does the act within the approval's transaction: perform(approval=, requester=, approver=, by=, at=)."""


@dataclass(frozen=True, slots=True)
class Amount:
    """What one act would give up, in units of a currency."""

    currency: str
    units: Decimal

    @classmethod
    def of(cls, written: str) -> Self | None:
        """The amount as it is kept, "EUR 1,234.50"; None for an act that moves no money."""
        currency, _, units = written.partition(" ")
        return cls(currency, Decimal(units.replace(",", ""))) if units else None

    def __str__(self) -> str:
        return f"{self.currency} {self.units:,f}"


@dataclass(frozen=True, slots=True)
class Kind:
    """One sort of act. `sentence` follows "asked to"; who agrees holds what the act needs and what it `gives`.

    What has `perform` is done by agreeing. What has none only its requester can finish: on the page `door`.
    An implied kind is not switched by itself: it waits as soon as anything else does. The rules page shows the `note`.
    """

    code: str
    sentence: str
    permission: Permission
    is_limited: bool = False
    perform: Perform | None = None
    gives: Rights = field(default_factory=Rights)
    door: str = ""
    is_implied: bool = False
    note: str = ""

    @property
    def title(self) -> str:
        return self.sentence[:1].upper() + self.sentence[1:]


_kinds: dict[str, Kind] = {}


def declare(kind: Kind) -> None:
    """Make a kind of act known; the app that owns the act does so at start-up."""
    if kind.code in _kinds:
        raise ImproperlyConfigured(f'The kind of act "{kind.code}" is declared twice.')
    if bool(kind.door) == bool(kind.perform):
        raise ImproperlyConfigured(f'"{kind.code}" is done by agreeing or finished on a page, not both or neither.')
    _kinds[kind.code] = kind


def find(code: str) -> Kind:
    """The kind of a stored code."""
    return _kinds[code]


def kinds() -> list[Kind]:
    """Every kind there is; those with limits first."""
    return sorted(_kinds.values(), key=lambda kind: (not kind.is_limited, kind.sentence))


def switched_kinds() -> list[Kind]:
    """Those a company can let wait, one by one."""
    return [kind for kind in kinds() if not kind.is_implied]


def waits(company: Company, kind: Kind, amount: Amount | None = None) -> bool:
    """Whether this act needs a second person there."""
    if kind.is_implied:
        return bool(company.approvals)
    if kind.code not in company.approvals:
        return False
    return amount is None or amount.units > company.approvals[kind.code].get(amount.currency, 0)


def holds(kind: Kind, rights: Rights, amount: Amount | None) -> bool:
    """Whether these rights are enough to do the act oneself."""
    if kind.is_limited and amount:
        return rights.allows(kind.permission, amount.currency, amount.units)
    return kind.permission in rights.permissions


def may_decide(kind: Kind, rights: Rights, amount: Amount | None = None) -> bool:
    """Whether these rights are enough to agree to what somebody else asked for."""
    is_judge = Permission.APPROVAL_DECIDE in rights.permissions
    return is_judge and holds(kind, rights, amount) and not kind.gives.beyond(rights)


def relaxes(before: Rules, after: Rules) -> bool:
    """Whether something that waits today would no longer wait."""
    return any(
        kind not in after or any(units > limits.get(currency, 0) for currency, units in after[kind].items())
        for kind, limits in before.items()
    )
