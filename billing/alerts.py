"""What billing alerts of: that money would go somewhere else."""

from accounts.alert_kinds import AlertKind
from audit.models import Envelope
from billing.actions.sellers import WHERE_TO_PAY


def pays_elsewhere(entry: Envelope) -> bool:
    """Whether customers are told to pay another account, or their payments take another way."""
    return entry.action != "seller.changed" or not WHERE_TO_PAY.keys().isdisjoint(entry.changes or {})


ELSEWHERE = AlertKind(
    "pays_elsewhere",
    "Bank details or gateway changed",
    "when the payment instructions or the footer on invoices change, or a payment gateway",
    actions=("seller.changed", "bank_details.*", "gateway.*", "gateway_key.*"),
    matches=pays_elsewhere,
)
