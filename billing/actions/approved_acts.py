"""Writing off, voiding, and changing where customers pay to, once a second person agreed."""

import datetime
from collections.abc import Callable

from accounts.approvals import Kind
from accounts.errors import ApprovalOutdated
from accounts.models import Approval, Membership
from accounts.permissions import Permission
from audit.actors import Actor
from billing import locks
from billing.actions import invoices, sellers
from billing.errors import BillingError
from billing.models import Invoice, Seller

OWES_OTHER = "{invoice} owes {now} by now; it owed {asked} when this was asked for."
CHANGED = "The payment instructions or the footer were changed since this was asked for."
GONE = "This invoice is no longer there."


def _write_off(
    *, approval: Approval, requester: Membership, approver: Membership, by: Actor, at: datetime.datetime
) -> None:
    _give_up(invoices.write_off, approval, requester, by, at)


def _void(*, approval: Approval, requester: Membership, approver: Membership, by: Actor, at: datetime.datetime) -> None:
    _give_up(invoices.void, approval, requester, by, at)


def _change_bank_details(
    *, approval: Approval, requester: Membership, approver: Membership, by: Actor, at: datetime.datetime
) -> None:
    seller = Seller.objects.get(company=approval.company)
    if sellers.where_to_pay(seller) != approval.payload["before"]:
        raise ApprovalOutdated(CHANGED)
    sellers.change(seller=seller, details=approval.payload["after"], by=by, at=at)


def _give_up(
    act: Callable[..., Invoice], approval: Approval, requester: Membership, by: Actor, at: datetime.datetime
) -> None:
    """Do it for the amount that was agreed to, or not at all."""
    invoice = Invoice.objects.filter(company=approval.company, pk=approval.object_id).first()
    if invoice is None:
        raise ApprovalOutdated(GONE)
    owed = locks.invoice(invoice.pk).balance.plain()
    try:
        act(invoice=invoice, reason=approval.reason, membership=requester, is_agreed=True, by=by, at=at)
    except BillingError as refusal:
        raise ApprovalOutdated(str(refusal)) from refusal
    if owed != approval.amount:
        raise ApprovalOutdated(OWES_OTHER.format(invoice=invoice, now=owed, asked=approval.amount))


VOID = Kind("void", "void an invoice", Permission.INVOICE_VOID, is_limited=True, perform=_void)
WRITE_OFF = Kind(
    "write_off",
    "write off an invoice",
    Permission.INVOICE_WRITE_OFF,
    is_limited=True,
    perform=_write_off,
    note="Voiding an invoice gives up the same money: let it wait as well.",
)
BANK_DETAILS = Kind(
    "bank_details",
    "change the payment instructions on invoices",
    Permission.SETTINGS_EDIT,
    perform=_change_bank_details,
    note="The footer counts as well: every invoice shows it.",
)
