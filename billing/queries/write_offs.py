"""What a member may write off at a time."""

from accounts.approvals import Amount
from accounts.permissions import Permission
from accounts.roles import Rights
from billing import formats
from billing.money import Money


def why_too_much(rights: Rights, owed: Money) -> str:
    """Why this is beyond what a role writes off in one act, as a sentence; nothing if it is within."""
    if rights.allows(Permission.INVOICE_WRITE_OFF, owed.currency, owed.amount):
        return ""
    limit = rights.limits.get(Permission.INVOICE_WRITE_OFF, {}).get(owed.currency, 0)
    most = f"up to {limit:,} {owed.currency} at a time" if limit else f"nothing in {owed.currency}"
    return f"Your role writes off {most}; this is {formats.figures(owed)} {owed.currency}. Ask somebody who may."


def amount_of(owed: Money) -> Amount:
    """As it is put before a second person."""
    return Amount(owed.currency, owed.amount)
