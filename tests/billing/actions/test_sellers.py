import pytest

from accounts.actions import companies
from accounts.scoping import in_company
from audit.models import BillingEvent
from billing.actions import sellers
from billing.models import Logo, Seller, Sequence
from billing.money import MoneyError
from tests import books
from tests.books import AT, BY


@pytest.mark.django_db
def test_a_new_company_can_bill_at_once():
    company = companies.create(name="Ledger", time_zone="Asia/Tokyo", currency="JPY", by=BY, at=AT)

    with in_company(company):
        assert list(Seller.objects.values_list("legal_name", "currency", "payment_terms")) == [
            ("Ledger", "JPY", "NET 30")
        ]
        assert sorted(Sequence.objects.values_list("series", "next_number")) == [("CUS", 1), ("INV", 1), ("PAY", 1)]
        assert books.issued(books.customer(company, currency="JPY"), currency="JPY").number == "INV-000001"
        assert BillingEvent.objects.filter(action="seller.created").count() == 1


@pytest.mark.django_db
def test_a_company_is_not_made_with_a_currency_that_is_not_known():
    with pytest.raises(MoneyError, match="This currency is not known"):
        companies.create(name="Ledger", time_zone="UTC", currency="XXX", by=BY, at=AT)


def test_change_leaves_issued_invoices_as_they_were(company, acme):
    seller, invoice = books.seller(company), books.issued(acme)

    sellers.change(seller=seller, details={"legal_name": "Ledger AG", "country": ""}, by=BY, at=AT)

    invoice.refresh_from_db()
    assert invoice.seller_copy["legal_name"] == "Ledger Ltd"
    entry = BillingEvent.objects.get(action="seller.changed")
    assert entry.changes == {"legal_name": ["Ledger Ltd", "Ledger AG"]}


def test_where_customers_pay_has_an_entry_of_its_own(company):
    seller = books.seller(company)
    details = {"phone": "2", "bank_details": "IBAN DE99", "footer": seller.footer}

    sellers.change(seller=seller, details=details, by=BY, at=AT)
    sellers.change(seller=seller, details=details | {"footer": "Pay to DE99"}, by=BY, at=AT)
    sellers.change(seller=seller, details=details | {"footer": "Pay to DE99"}, by=BY, at=AT)

    assert list(BillingEvent.objects.order_by("id").values_list("action", "changes")) == [
        ("bank_details.changed", {"bank_details": ["", "IBAN DE99"]}),
        ("seller.changed", {"phone": ["", "2"]}),
        ("bank_details.changed", {"footer": ["", "Pay to DE99"]}),
    ]


def test_a_logo_is_set_replaced_and_removed(company):
    seller = books.seller(company)

    sellers.set_logo(seller=seller, png=b"first", by=BY, at=AT)
    sellers.set_logo(seller=seller, png=b"second", by=BY, at=AT)
    assert [bytes(logo.png) for logo in Logo.objects.all()] == [b"second"]

    sellers.remove_logo(seller=seller, by=BY, at=AT)
    sellers.remove_logo(seller=seller, by=BY, at=AT)
    assert not Logo.objects.exists()
    assert list(BillingEvent.objects.order_by("id").values_list("action", flat=True)) == [
        "logo.changed",
        "logo.changed",
        "logo.removed",
    ]


@pytest.mark.parametrize("verb", ["change", "set_logo", "remove_logo"])
def test_no_change_without_its_entry(company, verb, monkeypatch):
    seller = books.seller(company)
    sellers.set_logo(seller=seller, png=b"first", by=BY, at=AT)
    before = [*Seller.objects.values(), *Logo.objects.values("id", "uploaded_at")]
    monkeypatch.setattr("audit.log.record", books.fail)
    call = {
        "change": lambda: sellers.change(seller=seller, details={"legal_name": "Other"}, by=BY, at=AT),
        "set_logo": lambda: sellers.set_logo(seller=seller, png=b"second", by=BY, at=AT),
        "remove_logo": lambda: sellers.remove_logo(seller=seller, by=BY, at=AT),
    }[verb]

    with pytest.raises(LookupError):
        call()
    assert [*Seller.objects.values(), *Logo.objects.values("id", "uploaded_at")] == before
