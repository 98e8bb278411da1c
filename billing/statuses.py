"""The one word people see for an invoice."""

SHOWN_BY_LIFE_CYCLE = {
    "draft": "draft",
    "voided": "void",
    "bad_debt": "written_off",
}
SHOWN_STATUSES = {
    "draft": "Draft",
    "not_sent": "Not sent",
    "sent": "Sent",
    "viewed": "Viewed",
    "past_due": "Past due",
    "pending": "Payment pending",
    "paid": "Paid",
    "voided": "Void",
    "bad_debt": "Written off",
}


def shown_status(*, status: str, owed: int, pending: bool, late: bool, viewed: bool, sent: bool) -> str:
    """A key of `SHOWN_STATUSES`: its life cycle, then what was paid, then what is late, then how far it travelled."""
    for shown, stored in SHOWN_BY_LIFE_CYCLE.items():
        if status == stored:
            return shown
    if owed == 0:
        return "paid"
    if pending:
        return "pending"
    if late:
        return "past_due"
    if viewed:
        return "viewed"
    return "sent" if sent else "not_sent"
