"""Customers as programs read them."""

from collections.abc import Sequence
from typing import Any

from accounts.access import Access
from billing.api import shapes
from billing.api.shapes import Shape
from billing.models import Contact, Customer, CustomFieldValue
from billing.queries.balances import balances_by_customer
from billing.queries.custom_fields import active, values_by_customer

PERSON = Shape("Person", "Somebody in the team.", {"id": shapes.identity("pk"), "name": shapes.text("name")})
CONTACT = Shape(
    "Contact",
    "A person at a customer.",
    {
        "id": shapes.identity("pk"),
        "name": shapes.text("name"),
        "title": shapes.text("title"),
        "email": shapes.text("email"),
        "phone": shapes.text("phone"),
        "is_primary": shapes.boolean("is_primary", "Whether this contact receives invoices."),
    },
)
BALANCE = Shape(
    "Balance",
    "What a customer owes, and what it paid that no invoice has used, in one currency.",
    {
        "owed": shapes.total(lambda row: (row.receivable, row.currency)),
        "credit": shapes.total(lambda row: (row.credit, row.currency)),
    },
)
CUSTOMER = Shape(
    "Customer",
    "Who owes.",
    {
        "id": shapes.identity("pk"),
        "number": shapes.text("number"),
        "name": shapes.text("name"),
        "kind": shapes.choice("kind", Customer.Kind.values),
        "email": shapes.text("email"),
        "phone": shapes.text("phone"),
        "attention_to": shapes.text("attention_to"),
        "address": shapes.text("address"),
        "country": shapes.text("country", "Two letters by ISO 3166, or empty."),
        "tax_id": shapes.text("tax_id"),
        "currency": shapes.text("currency", "That of its new invoices."),
        "payment_terms": shapes.text("payment_terms"),
        "paperless": shapes.boolean("paperless", "Whether invoices are sent by e-mail."),
        "owner": shapes.maybe(shapes.part(PERSON, "owner", "Who looks after it.")),
        "balances": shapes.several(BALANCE, "One for each currency in which something is open; none if nothing is."),
        "fields": shapes.found(
            {"type": "object", "additionalProperties": {"type": "string"}},
            "What stands in the company's own fields, by their names: a number as 12.5, a day as 2026-03-12.",
        ),
        "created_at": shapes.instant("created_at"),
        "archived_at": shapes.maybe(shapes.instant("archived_at")),
    },
)
CUSTOMER_WITH_CONTACTS = CUSTOMER.extended(
    "CustomerWithContacts", "Who owes, and the people there.", contacts=shapes.several(CONTACT)
)


def written(customers: Sequence[Customer], access: Access) -> list[dict[str, Any]]:
    """The customers with their balances and own fields: three queries for a page."""
    found = _found(customers, access)
    return [CUSTOMER.write(customer, **found[customer.pk]) for customer in customers]


def written_with_contacts(customer: Customer, access: Access) -> dict[str, Any]:
    contacts = access.visible(Contact).filter(customer=customer, archived_at__isnull=True).order_by("name", "pk")
    found = _found([customer], access)[customer.pk]
    return CUSTOMER_WITH_CONTACTS.write(customer, contacts=[CONTACT.write(one) for one in contacts], **found)


def _found(customers: Sequence[Customer], access: Access) -> dict[Any, dict[str, Any]]:
    ids = [customer.pk for customer in customers]
    fields = active(access)
    balances = balances_by_customer(ids, "")
    values = values_by_customer(ids, fields, access.visible(CustomFieldValue))
    return {
        id: {
            "balances": [BALANCE.write(one) for one in balances.get(id, [])],
            "fields": {field.name: values[id][field.pk] for field in fields if field.pk in values.get(id, {})},
        }
        for id in ids
    }
