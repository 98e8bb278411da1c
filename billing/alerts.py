"""What billing alerts of: that money would go somewhere else."""

from accounts.alert_kinds import AlertKind

ELSEWHERE = AlertKind(
    "pays_elsewhere",
    "Bank details or gateway changed",
    "when the payment instructions or the footer on invoices change, or a payment gateway",
    actions=("bank_details.*", "gateway.*", "gateway_key.*"),
)
