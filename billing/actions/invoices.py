"""Everything that changes an issued invoice. One function, one business verb, one entry in the log."""

import datetime
from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from django.db import transaction

from accounts.actions import approvals, granting
from accounts.models import Membership
from accounts.permissions import Permission
from audit import log
from audit.actors import Actor
from audit.models import ActorType
from billing import emails, events, ledger, locks, numbering
from billing.actions import drafts
from billing.errors import (
    BillingError,
    DisputeRefused,
    InvoiceNotDraft,
    InvoiceNotIssuable,
    InvoiceNotSendable,
    InvoiceNotVoidable,
    InvoiceNotWritable,
    RecordGone,
)
from billing.models import Customer, EmailMessage, Invoice, LedgerEntry, Seller
from billing.models import Sequence as NumberSequence
from billing.queries.giving_up import amount_of, why_too_much
from billing.queries.recipients import recipients_of

# Why each of a selection is left as it is.
Refusals = dict[UUID, BillingError]

ISSUED_FIELDS = [
    "status",
    "number",
    "issued_at",
    "settled_at",
    "balance",
    "seller_copy",
    "customer_copy",
    "customer_name",
]
SELLER_COPIED = (
    "legal_name",
    "address",
    "country",
    "tax_id",
    "registration",
    "email",
    "phone",
    "website",
    "bank_details",
    "footer",
    "brand_colour",
)
CUSTOMER_COPIED = (
    "name",
    "number",
    "attention_to",
    "address",
    "country",
    "tax_id",
    "email",
)


@transaction.atomic
def issue(*, invoice: Invoice, by: Actor, at: datetime.datetime, seen: str = "") -> Invoice:
    """Give a draft its number and its copies of names and addresses; it is owed from now on.

    `seen` is the fingerprint of what whoever issues it had before them.
    """
    if seen:
        drafts.refuse_unless_seen(locks.invoice(invoice.pk), seen)
    [issued] = _all_issued([invoice.pk], by, at)
    return issued


@transaction.atomic
def issue_many(*, invoice_ids: Iterable[UUID], by: Actor, at: datetime.datetime) -> list[Invoice]:
    """Issue a billing run: all of them or none, numbered in the order of their dates."""
    return _all_issued(invoice_ids, by, at)


@transaction.atomic
def issue_possible(*, selected: Iterable[Invoice], by: Actor, at: datetime.datetime) -> tuple[list[Invoice], Refusals]:
    """Issue those of a selection that can be issued, numbered in the order of their dates; why each other cannot."""
    return _issue_possible([invoice.pk for invoice in selected], by, at)


@transaction.atomic
def send(
    *,
    invoice: Invoice,
    by: Actor,
    at: datetime.datetime,
    recipients: Sequence[tuple[str, str]] | None = None,
    message: str = "",
) -> list[EmailMessage]:
    """Mail the invoice and its link to `recipients` (name, address), else to whoever receives the invoices.

    Nobody gets it again while a letter with it still waits to be sent to them.
    """
    invoice = locks.invoice(invoice.pk)
    if invoice.status != Invoice.Status.ISSUED:
        raise InvoiceNotSendable(
            f"Only an issued invoice can be sent; this one is {invoice.get_status_display().lower()}."
        )
    to = recipients or recipients_of(invoice)
    if not to:
        raise InvoiceNotSendable(
            f"{invoice.customer} has no e-mail address. Add one to the customer or to a contact who receives invoices."
        )
    waiting = set(_waiting_addresses(invoice))
    missing = [(name, address) for name, address in to if address not in waiting]
    if not missing:
        raise InvoiceNotSendable(
            f"{invoice} is on its way to {', '.join(sorted(waiting))} already. Send it again once that letter has left."
        )
    queued = [
        emails.queue(
            EmailMessage.Kind.INVOICE,
            to=address,
            name=name,
            customer=invoice.customer,
            invoice=invoice,
            message=message,
            by=by,
            at=at,
        )
        for name, address in missing
    ]
    addresses = ", ".join(address for _, address in missing)
    log.record(events.INVOICE_SENT, target=invoice, by=by, at=at, recipients=addresses)
    return queued


@transaction.atomic
def send_possible(*, selected: Iterable[Invoice], by: Actor, at: datetime.datetime) -> tuple[list[Invoice], Refusals]:
    """Send those of a selection that can be sent; why each other cannot."""
    sent, refused = [], {}
    for invoice in sorted(selected, key=lambda one: one.pk):
        try:
            send(invoice=invoice, by=by, at=at)
        except BillingError as refusal:
            refused[invoice.pk] = refusal
        else:
            sent.append(invoice)
    return sent, refused


def mark_sent(*, invoice: Invoice, way: str, by: Actor, at: datetime.datetime) -> Invoice:
    """Note that the invoice reached the customer outside this product, by `way` such as "post"."""
    [marked] = mark_sent_many(invoice_ids=[invoice.pk], way=way, by=by, at=at)
    return marked


@transaction.atomic
def mark_sent_many(*, invoice_ids: Iterable[UUID], way: str, by: Actor, at: datetime.datetime) -> list[Invoice]:
    """As `mark_sent`, for a stack of letters: all of them or none."""
    invoices = locks.invoices(invoice_ids)
    for invoice in invoices:
        if invoice.status != Invoice.Status.ISSUED:
            raise InvoiceNotSendable(f"Only an issued invoice can be marked as sent; {invoice} is not one.")
        invoice.sent_at = at
    Invoice.objects.filter(pk__in=[invoice.pk for invoice in invoices]).update(sent_at=at)
    log.record_many(
        [log.entry(events.INVOICE_MARKED_SENT, target=invoice, by=by, at=at, way=way) for invoice in invoices]
    )
    return invoices


@transaction.atomic
def record_view(*, invoice: Invoice, by: Actor, at: datetime.datetime) -> Invoice:
    """A customer's contact opened the invoice; the first time becomes a fact of the invoice."""
    invoice = locks.invoice(invoice.pk)
    if invoice.viewed_at is None:
        invoice.viewed_at = at
        invoice.save(update_fields=["viewed_at"])
        log.record(events.INVOICE_VIEWED, target=invoice, by=by, at=at)
    return invoice


@transaction.atomic
def void(
    *,
    invoice: Invoice,
    reason: str,
    membership: Membership | None = None,
    is_agreed: bool = False,
    by: Actor,
    at: datetime.datetime,
) -> Invoice:
    """Withdraw an issued invoice. It keeps its number and stays on the books as void.

    It gives up what is owed, so a member is held to the same as by `write_off`.
    """
    holder = _holder(membership, Permission.INVOICE_VOID, by)
    invoice = locks.invoice(invoice.pk)
    if invoice.status != Invoice.Status.ISSUED:
        raise InvoiceNotVoidable(
            f"Only an issued invoice can be voided; this one is {invoice.get_status_display().lower()}."
        )
    if invoice.amount_paid:
        raise InvoiceNotVoidable(
            f"{invoice.amount_paid.plain()} is allocated to {invoice}. Release it first, then void."
        )
    if invoice.pending_at:
        raise InvoiceNotVoidable(f"A payment of {invoice} is under way. Wait until it arrives or fails, then void.")
    owed = invoice.balance
    if holder and (refused := why_too_much(Permission.INVOICE_VOID, holder.rights, owed)):
        raise InvoiceNotVoidable(refused)
    if holder and not is_agreed:
        approvals.refuse_alone("void", holder.company, target=invoice, amount=amount_of(owed))
    invoice.status, invoice.voided_at = Invoice.Status.VOID, at
    invoice.balance, invoice.settled_at = owed - owed, None
    invoice.save(update_fields=["status", "voided_at", "balance", "settled_at"])
    _post(invoice, LedgerEntry.Kind.VOIDED, -owed, at)
    log.record(events.INVOICE_VOIDED, target=invoice, by=by, at=at, reason=reason)
    return invoice


@transaction.atomic
def write_off(
    *,
    invoice: Invoice,
    reason: str,
    membership: Membership | None = None,
    is_agreed: bool = False,
    by: Actor,
    at: datetime.datetime,
) -> Invoice:
    """Still valid, no longer expected: what is left of it becomes bad debt.

    A member writes off within the limit of their role and, where the company wants it, only once a second person
    agreed. Without one it is an operator's act, or a process's.
    """
    holder = _holder(membership, Permission.INVOICE_WRITE_OFF, by)
    invoice = locks.invoice(invoice.pk)
    if invoice.status != Invoice.Status.ISSUED or not invoice.balance:
        raise InvoiceNotWritable("Only an issued invoice with something left to pay can be written off.")
    if invoice.pending_at:
        raise InvoiceNotWritable(f"A payment of {invoice} is under way. Wait until it arrives or fails.")
    owed = invoice.balance
    if holder and (refused := why_too_much(Permission.INVOICE_WRITE_OFF, holder.rights, owed)):
        raise InvoiceNotWritable(refused)
    if holder and not is_agreed:
        approvals.refuse_alone("write_off", holder.company, target=invoice, amount=amount_of(owed))
    invoice.status, invoice.written_off_at = Invoice.Status.WRITTEN_OFF, at
    invoice.amount_written_off, invoice.balance = owed, owed - owed
    invoice.save(update_fields=["status", "written_off_at", "amount_written_off", "balance"])
    _post(invoice, LedgerEntry.Kind.WRITTEN_OFF, -owed, at)
    log.record(events.INVOICE_WRITTEN_OFF, target=invoice, by=by, at=at, amount=owed.plain(), reason=reason)
    return invoice


@transaction.atomic
def reinstate(*, invoice: Invoice, by: Actor, at: datetime.datetime) -> Invoice:
    """Expect a written-off invoice again, for instance because the customer now pays."""
    invoice = locks.invoice(invoice.pk)
    if invoice.status != Invoice.Status.WRITTEN_OFF:
        raise InvoiceNotWritable(f"{invoice} is not written off.")
    owed = invoice.amount_written_off
    invoice.status, invoice.written_off_at = Invoice.Status.ISSUED, None
    invoice.amount_written_off, invoice.balance = owed - owed, owed
    invoice.save(update_fields=["status", "written_off_at", "amount_written_off", "balance"])
    _post(invoice, LedgerEntry.Kind.REINSTATED, owed, at)
    log.record(events.INVOICE_REINSTATED, target=invoice, by=by, at=at, amount=owed.plain())
    return invoice


@transaction.atomic
def dispute(*, invoice: Invoice, reason: str, by: Actor, at: datetime.datetime) -> Invoice:
    """The customer objects. It is still owed; reminders stop until the dispute is settled."""
    invoice = locks.invoice(invoice.pk)
    if invoice.status != Invoice.Status.ISSUED:
        raise DisputeRefused("Only an issued invoice can be disputed.")
    if invoice.disputed_at:
        raise DisputeRefused(f"{invoice} is disputed already.")
    invoice.disputed_at, invoice.dispute_reason = at, reason
    invoice.save(update_fields=["disputed_at", "dispute_reason"])
    log.record(events.INVOICE_DISPUTED, target=invoice, by=by, at=at, reason=reason)
    return invoice


@transaction.atomic
def settle_dispute(*, invoice: Invoice, by: Actor, at: datetime.datetime) -> Invoice:
    invoice = locks.invoice(invoice.pk)
    if not invoice.disputed_at:
        raise DisputeRefused(f"{invoice} is not disputed.")
    invoice.disputed_at, invoice.dispute_reason = None, ""
    invoice.save(update_fields=["disputed_at", "dispute_reason"])
    log.record(events.INVOICE_DISPUTE_SETTLED, target=invoice, by=by, at=at)
    return invoice


def _holder(membership: Membership | None, permission: Permission, by: Actor) -> Membership | None:
    """Whose limits count; nobody's only where no person of the team acts."""
    if membership:
        return granting.holder(membership, permission)
    if by.type not in (ActorType.OPERATOR, ActorType.AUTOMATION):
        raise ValueError(f"{by.label} gives up money as a {by.type}: pass the membership whose limits count.")
    return None


def _waiting_addresses(invoice: Invoice) -> Iterable[str]:
    waiting = invoice.emails.filter(kind=EmailMessage.Kind.INVOICE, status=EmailMessage.Status.QUEUED)
    return waiting.values_list("recipient", flat=True)


def _all_issued(invoice_ids: Iterable[UUID], by: Actor, at: datetime.datetime) -> list[Invoice]:
    issued, refused = _issue_possible(invoice_ids, by, at)
    for refusal in refused.values():
        raise refusal
    return issued


def _issue_possible(invoice_ids: Iterable[UUID], by: Actor, at: datetime.datetime) -> tuple[list[Invoice], Refusals]:
    ids = list(invoice_ids)
    found = sorted(locks.invoices_to_issue(ids), key=lambda invoice: (invoice.issue_date, invoice.pk))
    gone = set(ids).difference(invoice.pk for invoice in found)
    refused: Refusals = {pk: RecordGone("This invoice is no longer there.") for pk in gone}
    refused |= {invoice.pk: refusal for invoice in found if (refusal := _why_not_issuable(invoice))}
    invoices = [invoice for invoice in found if invoice.pk not in refused]
    if invoices:
        _issue(invoices, by, at)
    return invoices, refused


def _why_not_issuable(invoice: Invoice) -> BillingError | None:
    if invoice.status != Invoice.Status.DRAFT:
        return InvoiceNotDraft(f"{invoice} is issued already.")
    if not invoice.has_lines:  # type: ignore[attr-defined]
        return InvoiceNotIssuable("An invoice needs at least one line. Add one, save, and issue it then.")
    return None


def _issue(invoices: list[Invoice], by: Actor, at: datetime.datetime) -> None:
    sellers = {seller.company_id: _copy(seller, SELLER_COPIED) for seller in Seller.objects.all()}
    ledger.post(
        [_become_issued(invoice, number, sellers[invoice.company_id], at) for invoice, number in _numbered(invoices)]
    )
    _save_issued(invoices)
    log.record_many(
        [
            log.entry(events.INVOICE_ISSUED, target=invoice, by=by, at=at, **_issued_data(invoice))
            for invoice in invoices
        ]
    )


def _numbered(invoices: list[Invoice]) -> list[tuple[Invoice, str]]:
    numbered: list[tuple[Invoice, str]] = []
    for company_id, series in sorted({(invoice.company_id, invoice.series) for invoice in invoices}):
        of_series = [invoice for invoice in invoices if (invoice.company_id, invoice.series) == (company_id, series)]
        numbers = numbering.take_many(company_id, NumberSequence.Kind.INVOICE, series, len(of_series))
        numbered += zip(of_series, numbers, strict=True)
    return numbered


def _save_issued(invoices: list[Invoice]) -> None:
    """Many at once by an upsert: one statement for rows that each get values of their own."""
    if len(invoices) == 1:
        invoices[0].save(update_fields=ISSUED_FIELDS)
    else:
        Invoice.objects.bulk_create(
            invoices, update_conflicts=True, unique_fields=["id"], update_fields=ISSUED_FIELDS, batch_size=200
        )


def _become_issued(invoice: Invoice, number: str, seller_copy: dict[str, Any], at: datetime.datetime) -> LedgerEntry:
    invoice.status, invoice.number, invoice.issued_at = Invoice.Status.ISSUED, number, at
    invoice.balance = invoice.total - invoice.prepaid
    invoice.settled_at = None if invoice.balance else at
    invoice.customer_name = invoice.customer.name
    invoice.seller_copy = seller_copy
    invoice.customer_copy = _copy(invoice.customer, CUSTOMER_COPIED)
    return ledger.receivable(invoice, LedgerEntry.Kind.ISSUED, invoice.balance, invoice.issue_date, at)


def _copy(record: Seller | Customer, names: tuple[str, ...]) -> dict[str, Any]:
    return {name: getattr(record, name) for name in names}


def _issued_data(invoice: Invoice) -> dict[str, Any]:
    return {"total": invoice.total.plain(), "customer": invoice.customer_name, "due": invoice.due_date.isoformat()}


def _post(invoice: Invoice, kind: str, amount: Any, at: datetime.datetime) -> None:
    ledger.post([ledger.receivable(invoice, kind, amount, invoice.company.today(at), at)])
