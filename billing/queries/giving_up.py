"""How much a member may give up in one act: by writing off, and by voiding."""

from accounts.approvals import Amount
from accounts.permissions import Permission
from accounts.roles import Rights
from billing import formats
from billing.money import Money

DOES = {Permission.INVOICE_WRITE_OFF: "writes off", Permission.INVOICE_VOID: "voids"}


def why_too_much(permission: Permission, rights: Rights, owed: Money) -> str:
    """Why this is beyond what a role gives up in one act, as a sentence; nothing if it is within."""
    if rights.allows(permission, owed.currency, owed.amount):
        return ""
    limit = rights.limits.get(permission, {}).get(owed.currency, 0)
    most = f"up to {limit:,} {owed.currency} at a time" if limit else f"nothing in {owed.currency}"
    return (
        f"Your role {DOES[permission]} {most}; this is {formats.figures(owed)} {owed.currency}. Ask somebody who may."
    )


def amount_of(owed: Money) -> Amount:
    """As it is put before a second person."""
    return Amount(owed.currency, owed.amount)
