from decimal import Decimal

import pytest

from audit.models import BillingEvent
from billing.actions import items
from billing.errors import ItemNotChangeable, NameTaken
from billing.models import Item
from tests import books
from tests.books import AT, BY

HOSTING = {"name": "Hosting", "code": "HOST", "currency": "EUR", "unit_price": Decimal("12.345678"), "unit": "month"}


def entries() -> list[tuple]:
    return list(BillingEvent.objects.order_by("id").values_list("action", "object_label", "changes"))


def test_create_keeps_the_price_to_its_last_decimal(company):
    vat = books.tax_rate(company)

    item = items.create(company=company, details=HOSTING, tax_rates=[vat], by=BY, at=AT)

    item.refresh_from_db()
    assert (item.unit_price, list(item.tax_rates.all())) == (Decimal("12.345678"), [vat])
    assert entries() == [("item.created", "Hosting", None)]


def test_a_code_is_given_once(company):
    items.create(company=company, details=HOSTING, by=BY, at=AT)
    other = books.item(company, "Support")

    with pytest.raises(NameTaken, match="Another item has the code HOST"):
        items.create(company=company, details=HOSTING | {"name": "Other"}, by=BY, at=AT)
    with pytest.raises(NameTaken, match="Another item has the code HOST"):
        items.change(item=other, details={"code": "HOST"}, by=BY, at=AT)
    assert sorted(Item.objects.values_list("name", "code")) == [("Hosting", "HOST"), ("Support", "support")]


def test_a_new_price_leaves_written_invoices_alone(acme, company):
    item = books.item(company, unit_price=Decimal(100))
    invoice = books.issued(acme, lines=[books.line("100", item=item)])

    items.change(item=item, details={"unit_price": Decimal("120.5")}, by=BY, at=AT)

    assert invoice.lines.get().unit_price == 100
    assert entries()[-1] == ("item.changed", "Consulting", {"unit_price": ["100", "120.5"]})


def test_change_of_tax_rates_is_recorded_by_their_names(company):
    item, vat = books.item(company), books.tax_rate(company)

    items.change(item=item, details={}, tax_rates=[vat], by=BY, at=AT)
    items.change(item=item, details={"unit_price": Decimal("100.00")}, tax_rates=[vat], by=BY, at=AT)

    assert entries() == [("item.changed", "Consulting", {"tax_rates": [[], ["VAT 19%"]]})]


def test_archive_and_restore(company):
    item = books.item(company)

    items.archive(item=item, by=BY, at=AT)
    with pytest.raises(ItemNotChangeable, match="Restore the item first"):
        items.change(item=item, details={"name": "Other"}, by=BY, at=AT)
    items.restore(item=item, by=BY, at=AT)
    with pytest.raises(ItemNotChangeable, match="is not archived"):
        items.restore(item=item, by=BY, at=AT)

    assert [action for action, *_ in entries()] == ["item.archived", "item.restored"]


@pytest.mark.parametrize("verb", ["create", "change", "archive", "restore"])
def test_no_change_without_its_entry(company, verb, monkeypatch):
    item = books.item(company, archived_at=AT if verb == "restore" else None)
    before = list(Item.objects.values())
    monkeypatch.setattr("audit.log.record", books.fail)
    call = {
        "create": lambda: items.create(company=company, details=HOSTING, by=BY, at=AT),
        "change": lambda: items.change(item=item, details={"name": "Other"}, by=BY, at=AT),
        "archive": lambda: items.archive(item=item, by=BY, at=AT),
        "restore": lambda: items.restore(item=item, by=BY, at=AT),
    }[verb]

    with pytest.raises(LookupError):
        call()
    assert list(Item.objects.values()) == before
