import pytest

from audit.models import BillingEvent
from billing.actions import customers
from billing.errors import CustomerNotChangeable, NameTaken
from billing.models import Customer
from tests import books
from tests.books import AT, BY

DETAILS = {"name": "Acme", "currency": "EUR", "payment_terms": "NET 30"}


def entries() -> list[tuple]:
    return list(BillingEvent.objects.order_by("id").values_list("action", "object_label", "changes"))


def test_create_takes_the_next_number_and_records_who_did_it(company):
    first = customers.create(company=company, details=DETAILS, by=BY, at=AT)
    second = customers.create(company=company, details=DETAILS | {"name": "Borealis"}, by=BY, at=AT)

    assert (first.number, second.number) == ("CUS-000001", "CUS-000002")
    assert entries() == [("customer.created", "Acme", None), ("customer.created", "Borealis", None)]


def test_create_keeps_a_number_that_was_typed_once(company):
    customers.create(company=company, details=DETAILS, number="K-7", by=BY, at=AT)

    with pytest.raises(NameTaken, match="Another customer has the number K-7"):
        customers.create(company=company, details=DETAILS, number="K-7", by=BY, at=AT)
    assert list(Customer.objects.values_list("number", flat=True)) == ["K-7"]


def test_create_refuses_a_number_of_the_series(company):
    with pytest.raises(NameTaken, match="given in turn"):
        customers.create(company=company, details=DETAILS, number="cus-000009", by=BY, at=AT)


def test_change_records_each_field_before_and_after(company):
    acme = books.customer(company, "Acme", phone="1")

    customers.change(customer=acme, details={"name": "Acme Ltd", "phone": "1", "country": "DE"}, by=BY, at=AT)

    acme.refresh_from_db()
    assert (acme.name, acme.phone, acme.country) == ("Acme Ltd", "1", "DE")
    assert entries() == [("customer.changed", "Acme Ltd", {"name": ["Acme", "Acme Ltd"], "country": ["", "DE"]})]


def test_change_without_a_difference_leaves_no_entry(company):
    acme = books.customer(company)

    customers.change(customer=acme, details={"name": acme.name}, by=BY, at=AT)

    assert entries() == []


def test_archive_and_restore(company):
    acme = books.customer(company)

    customers.archive(customer=acme, by=BY, at=AT)
    acme.refresh_from_db()
    assert acme.archived_at == AT
    with pytest.raises(CustomerNotChangeable, match="Restore the customer first"):
        customers.change(customer=acme, details={"name": "Acme Ltd"}, by=BY, at=AT)
    with pytest.raises(CustomerNotChangeable, match="Restore the customer first"):
        customers.archive(customer=acme, by=BY, at=AT)

    customers.restore(customer=acme, by=BY, at=AT)
    acme.refresh_from_db()
    assert acme.archived_at is None
    with pytest.raises(CustomerNotChangeable, match="is not archived"):
        customers.restore(customer=acme, by=BY, at=AT)
    assert [action for action, *_ in entries()] == ["customer.archived", "customer.restored"]


@pytest.mark.parametrize(
    ("leave_open", "sentence"),
    [
        (books.issued, r"still owes EUR\s100\.00"),
        (books.payment, r"unapplied credit of EUR\s50\.00"),
        (books.draft, "has 1 draft invoice. Issue or discard"),
    ],
)
def test_archive_refuses_while_something_is_open(company, leave_open, sentence):
    acme = books.customer(company)
    leave_open(acme)

    with pytest.raises(CustomerNotChangeable, match=sentence):
        customers.archive(customer=acme, by=BY, at=AT)
    acme.refresh_from_db()
    assert acme.archived_at is None


@pytest.mark.parametrize("verb", ["create", "change", "archive", "restore"])
def test_no_change_without_its_entry(company, verb, monkeypatch):
    acme = books.customer(company, archived_at=AT if verb == "restore" else None)
    before = list(Customer.objects.values())
    monkeypatch.setattr("audit.log.record", books.fail)
    call = {
        "create": lambda: customers.create(company=company, details=DETAILS, by=BY, at=AT),
        "change": lambda: customers.change(customer=acme, details={"name": "Other"}, by=BY, at=AT),
        "archive": lambda: customers.archive(customer=acme, by=BY, at=AT),
        "restore": lambda: customers.restore(customer=acme, by=BY, at=AT),
    }[verb]

    with pytest.raises(LookupError):
        call()

    assert list(Customer.objects.values()) == before


def test_archiving_is_refused_in_a_sentence_however_much_is_owed(acme):
    for _ in range(2):
        books.issued(acme, lines=[books.line("9000000000000")])

    with pytest.raises(CustomerNotChangeable, match="still owes over"):
        customers.archive(customer=acme, by=books.BY, at=books.AT)
