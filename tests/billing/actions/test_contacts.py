import pytest

from audit.models import BillingEvent
from billing.actions import contacts
from billing.errors import ContactNotChangeable, CustomerNotChangeable
from billing.models import Contact
from billing.queries.recipients import recipients_of
from tests import books
from tests.books import AT, BY

ANA = {"name": "Ana", "email": "ana@acme.example", "is_primary": True}


def entries() -> list[tuple]:
    return list(BillingEvent.objects.order_by("id").values_list("action", "customer_id", "changes"))


def test_create_belongs_to_the_customer_and_its_history(acme):
    ana = contacts.create(customer=acme, details=ANA, by=BY, at=AT)

    assert (ana.customer, ana.company_id, ana.email) == (acme, acme.company_id, "ana@acme.example")
    assert entries() == [("contact.created", acme.pk, None)]


def test_create_refuses_an_archived_customer(company):
    acme = books.customer(company, archived_at=AT)

    with pytest.raises(CustomerNotChangeable, match="Restore the customer first"):
        contacts.create(customer=acme, details=ANA, by=BY, at=AT)
    assert not Contact.objects.exists()


def test_change_records_each_field_before_and_after(acme):
    ana = books.contact(acme)

    contacts.change(contact=ana, details={"name": "Ana Silva", "is_primary": False}, by=BY, at=AT)

    ana.refresh_from_db()
    assert (ana.name, ana.is_primary) == ("Ana Silva", False)
    assert entries() == [("contact.changed", acme.pk, {"name": ["Ana", "Ana Silva"], "is_primary": [True, False]})]


def test_archive_ends_the_mail_to_the_person_and_further_changes(acme):
    ana, invoice = books.contact(acme), books.issued(acme)

    contacts.archive(contact=ana, by=BY, at=AT)

    assert recipients_of(invoice) == [("Acme", "acme@customer.example")]
    with pytest.raises(ContactNotChangeable, match="Add the person again"):
        contacts.archive(contact=ana, by=BY, at=AT)
    with pytest.raises(ContactNotChangeable, match="Add the person again"):
        contacts.change(contact=ana, details={"name": "Ana Silva"}, by=BY, at=AT)
    assert entries()[-1] == ("contact.archived", acme.pk, None)


@pytest.mark.parametrize("verb", ["create", "change", "archive"])
def test_no_change_without_its_entry(acme, verb, monkeypatch):
    ana = books.contact(acme)
    before = list(Contact.objects.values())
    monkeypatch.setattr("audit.log.record", books.fail)
    call = {
        "create": lambda: contacts.create(customer=acme, details=ANA, by=BY, at=AT),
        "change": lambda: contacts.change(contact=ana, details={"name": "Other"}, by=BY, at=AT),
        "archive": lambda: contacts.archive(contact=ana, by=BY, at=AT),
    }[verb]

    with pytest.raises(LookupError):
        call()
    assert list(Contact.objects.values()) == before
