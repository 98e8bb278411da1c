"""Letters to customers: written as rows of the change that caused them, made and sent by the worker."""

import datetime

from billing.models import Customer, EmailMessage, Invoice, Payment


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
    return email
