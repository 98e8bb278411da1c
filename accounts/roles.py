"""The built-in roles, and what a role gives. Read the table and you know who may do what."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from accounts.permissions import Permission

P = Permission

Limits = Mapping[Permission, Mapping[str, int]]
"""For a permission the most it may move in one act: whole units by currency, such as {"EUR": 500}."""


@dataclass(frozen=True, slots=True)
class Rights:
    """What may be done, and how much money may be given up at a time.

    A permission without limits is held for any amount; one with limits only in the currencies they name.
    """

    permissions: frozenset[Permission] = frozenset()
    limits: Limits = field(default_factory=dict)

    def allows(self, permission: Permission, currency: str, amount: Decimal) -> bool:
        """Whether one act of this amount is within what is held."""
        if permission not in self.permissions:
            return False
        limit = self.limits.get(permission)
        return limit is None or amount <= limit.get(currency, 0)

    def beyond(self, own: "Rights") -> frozenset[Permission]:
        """Those permissions in which this gives more than `own` holds."""
        return frozenset(permission for permission in self.permissions if not self._is_within(own, permission))

    def both(self, other: "Rights") -> "Rights":
        """What is held here and there, each limit the tighter one."""
        shared = self.permissions & other.permissions
        return Rights(
            shared,
            {one: _tighter(self.limits.get(one), other.limits.get(one)) for one in shared & self._limited(other)},
        )

    def _is_within(self, own: "Rights", permission: Permission) -> bool:
        if permission not in own.permissions:
            return False
        ours, theirs = self.limits.get(permission), own.limits.get(permission)
        if theirs is None:
            return True
        return ours is not None and all(units <= theirs.get(currency, 0) for currency, units in ours.items())

    def _limited(self, other: "Rights") -> frozenset[Permission]:
        return frozenset({*self.limits, *other.limits})


def _tighter(one: Mapping[str, int] | None, other: Mapping[str, int] | None) -> Mapping[str, int]:
    if one is None or other is None:
        return (other if one is None else one) or {}
    return {currency: min(units, other[currency]) for currency, units in one.items() if currency in other}


LOOKS_AT_BILLING = frozenset(
    {
        P.CUSTOMER_VIEW,
        P.ITEM_VIEW,
        P.INVOICE_VIEW,
        P.PAYMENT_VIEW,
        P.REPORT_VIEW,
    }
)
ADMINISTERS = frozenset(
    {
        P.SETTINGS_EDIT,
        P.SECURITY_EDIT,
        P.TEAM_VIEW,
        P.TEAM_EDIT,
        P.ROLE_EDIT,
        P.SECURITY_LOG_VIEW,
        P.API_KEY_VIEW,
        P.API_KEY_EDIT,
    }
)

ADMINISTERING = frozenset({P.TEAM_EDIT, P.ROLE_EDIT, P.SECURITY_EDIT, P.APPROVAL_DECIDE})

ADMINISTRATOR = "administrator"
BUILT_IN: dict[str, frozenset[P]] = {
    ADMINISTRATOR: frozenset(P),
    "employee": frozenset(P) - ADMINISTERS,
    "account_manager": LOOKS_AT_BILLING
    | {
        P.CUSTOMER_CREATE,
        P.CUSTOMER_EDIT,
        P.INVOICE_CREATE,
        P.INVOICE_EDIT,
        P.INVOICE_ISSUE,
        P.INVOICE_SEND,
        P.PAYMENT_RECORD,
        P.PAYMENT_ALLOCATE,
        P.NOTE_CREATE,
        P.APPROVAL_VIEW,
    },
    "read_only": LOOKS_AT_BILLING | {P.AUDIT_VIEW},
}

NAMES: dict[str, str] = {
    "administrator": "Administrator",
    "employee": "Employee",
    "account_manager": "Account manager",
    "read_only": "Read-only",
}
SENTENCES: dict[str, str] = {
    "administrator": "May do everything, and sees every customer.",
    "employee": "Does all the billing; changes neither the settings nor the team.",
    "account_manager": "Bills the customers they own, and sees no others unless told otherwise.",
    "read_only": "Looks at everything that is billed, and changes nothing.",
}

SEES_OWN_CUSTOMERS_ONLY = frozenset({"account_manager"})


def administers(rights: Rights) -> bool:
    """Whether these rights decide about others or about what they ask: nobody gives that to a second self."""
    return not ADMINISTERING.isdisjoint(rights.permissions)
