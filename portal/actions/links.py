"""Links that lead a customer to one invoice."""

import datetime

from django.conf import settings
from django.db import transaction
from django.urls import reverse

from audit import log
from audit.actors import Actor
from billing.models import Contact, Invoice
from portal import events
from portal.models import Link
from security.tokens import new_token, token_hash

LIFETIME = datetime.timedelta(days=365)


@transaction.atomic
def create(*, invoice: Invoice, recipient: str, by: Actor, at: datetime.datetime) -> str:
    """A link for staff to hand over, and its entry."""
    link, address = _made(invoice, recipient, at)
    log.record(events.LINK_CREATED, target=link, by=by, at=at, invoice=str(invoice), recipient=recipient)
    return address


def for_letter(invoice: Invoice, recipient: str, at: datetime.datetime) -> str:
    """The link that goes into a letter. It has no entry of its own: that the letter was mailed is its entry."""
    return _made(invoice, recipient, at)[1]


@transaction.atomic
def revoke(*, link: Link, by: Actor, at: datetime.datetime) -> Link:
    """The address opens nothing any more, and visits that began with it lose the invoice."""
    link = Link.objects.select_for_update(of=("self",)).select_related("invoice").get(pk=link.pk)
    if link.revoked_at is None:
        link.revoked_at = at
        link.save(update_fields=["revoked_at"])
        log.record(events.LINK_REVOKED, target=link, by=by, at=at, invoice=str(link.invoice), recipient=link.recipient)
    return link


def _made(invoice: Invoice, recipient: str, at: datetime.datetime) -> tuple[Link, str]:
    """A new link and its address. This is the only time the address is known: we keep its hash."""
    token = new_token()
    link = Link(
        company_id=invoice.company_id,
        customer_id=invoice.customer_id,
        invoice=invoice,
        contact=_contact(invoice, recipient),
        recipient=recipient,
        token_hash=token_hash(token),
        created_at=at,
        expires_at=at + LIFETIME,
    )
    link.save(force_insert=True)
    return link, settings.SITE_URL + reverse("portal:link", args=[token])


def _contact(invoice: Invoice, recipient: str) -> Contact | None:
    contacts = Contact.objects.filter(customer_id=invoice.customer_id, archived_at__isnull=True)
    return contacts.filter(email__iexact=recipient).first()
