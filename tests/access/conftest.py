"""Two companies with one of everything, and people who want to see it."""

from types import SimpleNamespace

import pytest

from accounts.scoping import in_company
from billing.models import EmailMessage
from portal.actions import links
from portal.models import Link
from tests import books, visitors
from tests.access.routes import Route


@pytest.fixture
def world(db):
    """A company with a customer, and of each kind of record one that belongs to it."""
    company = visitors.company("Harbour")
    return SimpleNamespace(company=company, owned=records_of(company))


def records_of(company):
    with in_company(company):
        owner = visitors.member(company, "account_manager", name="Owner").user
        customer = books.customer(company, owner=owner)
        contact = books.contact(customer)
        invoice = books.issued(customer)
        payment = books.paid(invoice)
        email = EmailMessage.objects.create(
            company=company,
            customer=customer,
            invoice=invoice,
            kind="invoice",
            recipient="a@b.example",
            queued_at=books.AT,
        )
        links.create(invoice=invoice, recipient=contact.email, by=books.BY, at=books.AT)
        return SimpleNamespace(
            customer=customer,
            contact=contact,
            invoice=invoice,
            payment=payment,
            email=email,
            item=books.item(company),
            tax_rate=books.tax_rate(company),
            allocation=payment.allocations.get(),
            link=Link.objects.get(invoice=invoice),
        )


def arguments(route: Route, owned) -> dict[str, object]:
    """What the address of a route takes to lead to one of these records."""
    noun = OBJECTS.get(route.name) or route.name.partition(":")[2].rsplit("_", 1)[0]
    given: dict[str, object] = {}
    if "id" in route.arguments:
        given["id"] = getattr(owned, noun).pk
    if "link_id" in route.arguments:
        given["link_id"] = owned.link.pk
    if "object_id" in route.arguments:
        given |= {"object_type": "invoice", "object_id": owned.invoice.pk}
    return given


# Routes whose name begins with something other than the record in their address.
OBJECTS = {
    "billing:contact_create": "customer",
    "billing:customer_note_create": "customer",
    "billing:note_create": "invoice",
    "billing:invoice_mark_sent": "invoice",
    "billing:invoice_settle_dispute": "invoice",
    "billing:invoice_write_off": "invoice",
    "portal:invoice_links": "invoice",
    "portal:link_revoke": "invoice",
}
