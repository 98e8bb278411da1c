"""Letters to customers: written as rows of the change that caused them, made and sent by the worker.

A letter is made when it is sent, because the link in it is a secret that is kept only as a hash.
"""

import datetime
import smtplib
from typing import Any
from uuid import UUID

from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django.template.loader import render_to_string
from django.utils import timezone
from django_scopes import scope
from django_tasks import task

from audit import log
from audit.actors import Actor
from billing import events, formats
from billing.documents.from_invoice import sheet_of
from billing.documents.pdf import render_invoice
from billing.links import portal_link
from billing.models import Customer, EmailMessage, Invoice, Payment, Seller

TRIES = 8
AUTOMATION = Actor.automation("mail")
FAILURES = (smtplib.SMTPException, OSError)
KINDS = {
    EmailMessage.Kind.INVOICE: "invoice",
    EmailMessage.Kind.REMINDER: "reminder",
    EmailMessage.Kind.RECEIPT: "receipt",
}


class NotDelivered(Exception):
    """The mail server did not take a letter; it is tried again."""


def queue(
    kind: str,
    *,
    to: str,
    name: str,
    customer: Customer,
    at: datetime.datetime,
    invoice: Invoice | None = None,
    payment: Payment | None = None,
    message: str = "",
) -> EmailMessage:
    """One letter to one address; it leaves after the commit."""
    email = EmailMessage(
        company_id=customer.company_id,
        customer=customer,
        invoice=invoice,
        payment=payment,
        kind=kind,
        recipient=to,
        recipient_name=name,
        message=message,
        queued_at=at,
    )
    email.save(force_insert=True)
    deliver.enqueue(str(email.company_id), str(email.pk))
    return email


@transaction.atomic
def queue_again(*, email: EmailMessage, by: Actor, at: datetime.datetime) -> EmailMessage:
    """Give a letter that could not be sent another round of tries."""
    email = EmailMessage.objects.select_for_update().get(pk=email.pk)
    if email.status != EmailMessage.Status.FAILED:
        return email
    email.status, email.attempts, email.queued_at = EmailMessage.Status.QUEUED, 0, at
    email.save(update_fields=["status", "attempts", "queued_at"])
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
            compose(email, at).send()
        except FAILURES as failure:
            if _failed(email, failure, at):
                raise NotDelivered(str(failure)) from failure
        else:
            _sent(email, at)


def compose(email: EmailMessage, at: datetime.datetime) -> EmailMultiAlternatives:
    """The letter with its link, as text and as HTML, the invoice attached."""
    seller = Seller.objects.select_related("company").get()
    context = _context(email, seller, at)
    name = f"emails/billing/{KINDS[EmailMessage.Kind(email.kind)]}"
    letter = EmailMultiAlternatives(
        subject=" ".join(render_to_string(f"{name}.subject.txt", context).split()),
        body=render_to_string(f"{name}.txt", context),
        to=[email.recipient],
        reply_to=[seller.email] if seller.email else None,
        headers={"Message-ID": f"<{email.pk}.{email.attempts}@invoiced>", "Auto-Submitted": "auto-generated"},
    )
    letter.attach_alternative(render_to_string(f"{name}.html", context), "text/html")
    if email.invoice and email.kind != EmailMessage.Kind.RECEIPT:
        pdf = render_invoice(sheet_of(email.invoice, seller.company.today(at)))
        letter.attach(f"{email.invoice}.pdf", pdf, "application/pdf")
    return letter


def _context(email: EmailMessage, seller: Seller, at: datetime.datetime) -> dict[str, Any]:
    invoice, payment = email.invoice, email.payment
    if invoice is None and payment is not None:
        used = payment.allocations.select_related("invoice__customer").order_by("pk").first()
        invoice = used.invoice if used else None
    context: dict[str, Any] = {
        "company": seller.company,
        "seller": seller,
        "brand_colour": seller.brand_colour,
        "email": email,
        "customer": email.customer,
        "invoice": invoice,
        "payment": payment,
        "action_url": portal_link(invoice, email.recipient, at) if invoice else None,
        "action": "View invoice" if payment else "View and pay invoice",
    }
    if invoice:
        context |= {
            "balance": formats.money(invoice.balance),
            "due": formats.day(invoice.due_date),
            "late": invoice.due_date < seller.company.today(at),
        }
    if payment:
        context |= {"amount": formats.money(payment.amount), "received": formats.day(payment.received_date)}
    return context


@transaction.atomic
def _sent(email: EmailMessage, at: datetime.datetime) -> None:
    email.status, email.sent_at, email.failure = EmailMessage.Status.SENT, at, ""
    email.attempts += 1
    email.save(update_fields=["status", "sent_at", "failure", "attempts"])
    if email.kind == EmailMessage.Kind.INVOICE:
        Invoice.objects.filter(pk=email.invoice_id).update(sent_at=at)
    log.record(events.EMAIL_SENT, target=email, by=AUTOMATION, at=at, kind=_kind(email), recipient=email.recipient)


@transaction.atomic
def _failed(email: EmailMessage, failure: Exception, at: datetime.datetime) -> bool:
    """Keep why; whether it is worth another try."""
    email.attempts += 1
    email.failure = str(failure)[:300] or type(failure).__name__
    again = email.attempts < TRIES
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
