"""Letters to customers: written as rows of the change that caused them, made and sent by the worker.

A letter is made when it is sent, because the link in it is a secret that is kept only as a hash.
"""

import datetime
import logging
from email.utils import formataddr
from typing import Any
from uuid import UUID

from django.core.mail import EmailMultiAlternatives, get_connection
from django.db import transaction
from django.utils import timezone
from django_scopes import scope
from django_tasks import task

from accounts import mail
from accounts.mail import AUTOMATION, EXPECTED, TRIES, NotDelivered, Overtaken
from audit import log
from audit.actors import Actor
from billing import events, formats
from billing.documents.from_invoice import sheet_of
from billing.documents.pdf import render_invoice
from billing.links import portal_link
from billing.models import Allocation, Customer, EmailMessage, Invoice, Payment, Seller
from billing.queries.senders import sender_of, why_not_sent

ENDED: dict[str, str] = {Invoice.Status.VOID: "voided", Invoice.Status.WRITTEN_OFF: "written off"}

logger = logging.getLogger(__name__)


def queue(
    kind: str,
    *,
    to: str,
    name: str,
    customer: Customer,
    by: Actor,
    at: datetime.datetime,
    invoice: Invoice | None = None,
    payment: Payment | None = None,
    message: str = "",
) -> EmailMessage:
    """One letter to one address; it leaves after the commit, if the member who sends it still may by then."""
    email = EmailMessage(
        company_id=customer.company_id,
        customer=customer,
        invoice=invoice,
        payment=payment,
        kind=kind,
        recipient=to,
        recipient_name=name,
        message=message,
        queued_by=sender_of(by, customer.company_id),
        queued_at=at,
    )
    email.save(force_insert=True)
    deliver.enqueue(str(email.company_id), str(email.pk))
    return email


@transaction.atomic
def queue_again(*, email: EmailMessage, by: Actor, at: datetime.datetime) -> EmailMessage:
    """Give a letter that could not be sent another round of tries, as one of whoever asks for it."""
    email = EmailMessage.objects.select_for_update().get(pk=email.pk)
    if email.status != EmailMessage.Status.FAILED:
        return email
    email.status, email.attempts, email.queued_at = EmailMessage.Status.QUEUED, 0, at
    email.queued_by = sender_of(by, email.company_id)
    email.save(update_fields=["status", "attempts", "queued_at", "queued_by"])
    log.record(events.EMAIL_QUEUED, target=email, by=by, at=at)
    deliver.enqueue(str(email.company_id), str(email.pk))
    return email


@task()
def deliver(company_id: str, email_id: str) -> None:
    """Send one letter; what goes wrong is kept on its row, and tried again until the tries are used up."""
    with scope(company=UUID(company_id)):
        email = EmailMessage.objects.select_related("customer", "invoice__customer", "payment").get(pk=email_id)
        if email.status != EmailMessage.Status.QUEUED:
            return
        at = timezone.now()
        try:
            send(email, at)
        except Exception as failure:
            if not isinstance(failure, (*EXPECTED, Overtaken)):
                logger.exception("letter %s cannot be made", email.pk)
            if _failed(email, failure, at):
                raise NotDelivered(mail.reason(failure)) from failure
        else:
            _sent(email, at)


def send(email: EmailMessage, at: datetime.datetime) -> None:
    """Hand one letter to the mail server. The server is asked first: while it is down, no secret link is made."""
    refuse_overtaken(email)
    with get_connection() as connection:
        letter = compose(email, at)
        letter.connection = connection
        letter.send()


def refuse_overtaken(email: EmailMessage) -> None:
    """While a letter waits, its sender may be shut out, its invoice voided or paid, and its reader archived."""
    if refusal := why_not_sent(email):
        raise Overtaken(refusal)
    if _is_archived(email):
        raise Overtaken(f"The contact {email.recipient_name} was archived before this left.")
    payment, invoice = email.payment, email.invoice
    if payment and payment.reversed_at:
        raise Overtaken(f"{payment} was reversed before this left.")
    if invoice is None or email.kind == EmailMessage.Kind.RECEIPT:
        return
    if invoice.status in ENDED:
        raise Overtaken(f"{invoice} was {ENDED[invoice.status]} before this left.")
    if email.kind == EmailMessage.Kind.REMINDER and not invoice.balance:
        raise Overtaken(f"Nothing was left to pay on {invoice} before this left.")


def _is_archived(email: EmailMessage) -> bool:
    """Whether the address is only that of archived contacts, and the customer's own neither."""
    contacts = email.customer.contacts.filter(email__iexact=email.recipient)
    is_current = contacts.filter(archived_at__isnull=True).exists()
    return contacts.exists() and not is_current and email.recipient.lower() != email.customer.email.lower()


def compose(email: EmailMessage, at: datetime.datetime) -> EmailMultiAlternatives:
    """The letter with its link, as text and as HTML, the invoice attached."""
    seller = Seller.objects.select_related("company").get()
    letter = mail.compose(
        f"emails/billing/{email.kind}",
        _context(email, seller, at),
        id=email.pk,
        from_email=formataddr((mail.one_line(seller.legal_name), mail.sender())),
        to=[email.recipient],
        reply_to=[seller.email] if seller.email else None,
    )
    if email.invoice and email.kind != EmailMessage.Kind.RECEIPT:
        pdf = render_invoice(sheet_of(email.invoice, seller.company.today(at)))
        letter.attach(f"{email.invoice}.pdf", pdf, "application/pdf")
    return letter


def _context(email: EmailMessage, seller: Seller, at: datetime.datetime) -> dict[str, Any]:
    invoice, payment = email.invoice, email.payment
    allocations = _uses(payment) if payment else []
    if invoice is None and allocations:
        invoice = allocations[0].invoice
    context: dict[str, Any] = {
        "company": seller.company,
        "seller": seller,
        "brand_colour": seller.brand_colour,
        "email": email,
        "invoice": invoice,
        "payment": payment,
    }
    if invoice:
        context |= {
            "action_url": portal_link(invoice, email.recipient, at),
            "action": "View and pay invoice" if invoice.balance and not payment else "View invoice",
            "balance": formats.money(invoice.balance),
            "total": formats.money(invoice.total),
            "is_settled": not invoice.balance,
            "is_partly_paid": bool(invoice.balance) and invoice.balance != invoice.total,
            "due": formats.day(invoice.due_date),
            "late": invoice.due_date < seller.company.today(at),
        }
    if payment:
        context |= {
            "amount": formats.money(payment.amount),
            "received": formats.day(payment.received_date),
            "uses": _figures(payment, allocations),
        }
    return context


def _uses(payment: Payment) -> list[Allocation]:
    live = payment.allocations.filter(released_at__isnull=True)
    return list(live.select_related("invoice__customer").order_by("pk"))


def _figures(payment: Payment, allocations: list[Allocation]) -> list[dict[str, str]]:
    """What a payment was used for, and what is left of it."""
    rows = [{"label": f"Invoice {one.invoice}", "amount": formats.money(one.amount)} for one in allocations]
    if payment.unapplied:
        rows.append({"label": "Kept to your credit", "amount": formats.money(payment.unapplied)})
    return rows


@transaction.atomic
def _sent(email: EmailMessage, at: datetime.datetime) -> None:
    email.status, email.sent_at, email.failure = EmailMessage.Status.SENT, at, ""
    email.attempts += 1
    email.save(update_fields=["status", "sent_at", "failure", "attempts"])
    if email.invoice_id and email.kind == EmailMessage.Kind.INVOICE:
        Invoice.objects.filter(pk=email.invoice_id).update(sent_at=at)
    log.record(events.EMAIL_SENT, target=email, by=AUTOMATION, at=at, kind=_kind(email), recipient=email.recipient)


@transaction.atomic
def _failed(email: EmailMessage, failure: Exception, at: datetime.datetime) -> bool:
    """Keep why; whether it is worth another try."""
    email.attempts += 1
    email.failure = mail.reason(failure)[:300]
    again = email.attempts < TRIES and not mail.is_final(failure)
    if not again:
        email.status = EmailMessage.Status.FAILED
        log.record(
            events.EMAIL_FAILED,
            target=email,
            by=AUTOMATION,
            at=at,
            outcome="failure",
            kind=_kind(email),
            recipient=email.recipient,
            failure=email.failure,
        )
    email.save(update_fields=["attempts", "failure", "status"])
    return again


def _kind(email: EmailMessage) -> str:
    return f"{email.get_kind_display().lower()} {email.invoice or email.payment}"
