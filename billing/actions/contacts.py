"""Everything that changes the people at a customer."""

import datetime
from collections.abc import Mapping
from typing import Any

from django.db import transaction

from audit import log
from audit.actors import Actor
from billing import events, locks
from billing.actions.changes import set_changed
from billing.actions.customers import refuse_archived
from billing.errors import ContactNotChangeable
from billing.models import Contact, Customer


@transaction.atomic
def create(*, customer: Customer, details: Mapping[str, Any], by: Actor, at: datetime.datetime) -> Contact:
    """Add a person at a customer."""
    customer = locks.customer(customer.pk)
    refuse_archived(customer)
    contact = Contact(company_id=customer.company_id, customer=customer, **details)
    contact.save(force_insert=True)
    log.record(events.CONTACT_CREATED, target=contact, by=by, at=at, customer=customer.name)
    return contact


@transaction.atomic
def change(*, contact: Contact, details: Mapping[str, Any], by: Actor, at: datetime.datetime) -> Contact:
    """Correct what is known about a person; what was mailed to them stays as it was."""
    contact = _locked(contact)
    changes = set_changed(contact, details)
    if changes:
        contact.save(update_fields=list(changes))
        log.record(
            events.CONTACT_CHANGED, target=contact, by=by, at=at, changes=changes, customer=contact.customer.name
        )
    return contact


@transaction.atomic
def archive(*, contact: Contact, by: Actor, at: datetime.datetime) -> Contact:
    """The person left: no more mail to them, and no way in for them."""
    contact = _locked(contact)
    contact.archived_at = at
    contact.save(update_fields=["archived_at"])
    log.record(events.CONTACT_ARCHIVED, target=contact, by=by, at=at, customer=contact.customer.name)
    return contact


def _locked(contact: Contact) -> Contact:
    contact = locks.contact(contact.pk)
    if contact.archived_at:
        raise ContactNotChangeable(f"{contact} is archived. Add the person again if they are back.")
    return contact
