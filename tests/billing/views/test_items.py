from decimal import Decimal

import pytest
from django.urls import reverse

from accounts.scoping import in_company
from billing.models import Item, TaxRate
from tests import books, visitors
from tests.books import AT

LIST = "/items/"
LIST_QUERIES = 8
ENTERED = {"name": "Hosting", "code": "HOST", "unit_price": "1,250.5", "currency": "EUR", "unit": "month"}
RATE = {"name": "VAT", "percent": "7.25", "category": "S"}


def url(route, record):
    return reverse(f"billing:{route}", args=[record.pk])


def words(page):
    return [str(message) for message in page.context["messages"]]


def rows(page):
    return [(row.name, row.price, row.tax_rates) for row in page.context["rows"]]


@pytest.fixture
def seller(company):
    return books.seller(company)


def test_create_puts_the_item_on_the_list(ada, company, seller):
    vat = books.tax_rate(company)

    page = ada.post("/items/new/", ENTERED | {"tax_rates": [vat.pk]}, follow=True)

    assert words(page) == ["Item Hosting added."]
    assert rows(page) == [("Hosting", "EUR\N{NO-BREAK SPACE}1,250.50", "VAT 19%")]


@pytest.mark.parametrize(
    ("field", "typed", "sentence"),
    [
        ("name", "", "Enter the item's name."),
        ("name", "x" * 10_000, "Shorten this to at most 200 characters."),
        ("code", "", "Enter a short code."),
        ("code", "A\x00", "invisible control character"),
        ("unit_price", "", "Enter the price of one unit."),
        ("unit_price", "-1", "cannot be negative"),
        ("unit_price", "ten", "This is not a number."),
        ("unit_price", "1000000000000000", "too large"),
        ("unit_price", "1.0000001", "at most 6 decimals"),
        ("unit_price", "1e5", "This is not a number."),
        ("unit_price", "NaN", "This is not a number."),
        ("currency", "EURO", "This currency is not known."),
        ("tax_rates", "nonsense", "Choose tax rates from the list."),
        ("tax_rates", "0190a4d2-0000-7000-8000-000000000000", "Choose tax rates from the list."),
        ("description", "d" * 2001, "at most 2000 characters"),
    ],
)
def test_create_says_beside_the_field_what_to_correct_and_loses_nothing(ada, company, seller, field, typed, sentence):
    books.tax_rate(company)

    page = ada.post("/items/new/", ENTERED | {field: typed})

    assert page.status_code == 200
    assert [error for error in page.context["form"].errors[field] if sentence in error]
    assert "month" in page.content.decode()
    assert not Item.objects.exists()


def test_a_code_that_is_taken_is_said_beside_it(ada, company, seller):
    books.item(company, code="HOST")

    page = ada.post("/items/new/", ENTERED)

    assert page.context["form"].errors["code"] == ["Another item has the code HOST. Choose another code."]


def test_edit_shows_and_keeps_an_archived_tax_rate_until_it_is_taken_off(ada, company, seller):
    old = books.tax_rate(company, "16", "Old VAT")
    item = books.item(company, unit_price=Decimal("12.5"))
    item.tax_rates.add(old)
    old.archived_at = AT
    old.save()

    form = ada.get(url("item_edit", item)).context["form"]
    assert (form["unit_price"].value(), list(form.fields["tax_rates"].queryset)) == ("12.5", [old])
    ada.post(url("item_edit", item), ENTERED | {"tax_rates": [old.pk]})
    assert list(item.tax_rates.all()) == [old]

    ada.post(url("item_edit", item), ENTERED)
    assert list(item.tax_rates.all()) == []


def test_archive_and_restore(ada, company, seller):
    item = books.item(company)

    assert words(ada.post(url("item_archive", item), follow=True)) == [
        "Item Consulting archived. It can be restored at any time."
    ]
    assert rows(ada.get(LIST)) == []
    page = ada.post(url("item_edit", item), ENTERED)
    assert page.context["form"].non_field_errors() == ["Consulting is archived. Restore the item first."]
    assert words(ada.post(url("item_restore", item), follow=True)) == ["Item Consulting restored."]
    assert [name for name, *_ in rows(ada.get(LIST))] == ["Consulting"]


@pytest.mark.parametrize("count", [1, 50])
def test_the_list_asks_the_same_of_the_database_for_one_row_and_fifty(
    ada, company, seller, count, django_assert_num_queries
):
    vat = books.tax_rate(company)
    for number in range(count):
        books.item(company, f"Item {number}").tax_rates.add(vat)
    ada.get(LIST)
    with django_assert_num_queries(LIST_QUERIES):
        assert len(ada.get(LIST).context["rows"]) == count


def test_search_by_name_and_code(ada, company, seller):
    books.item(company, "Consulting", code="C-1")
    books.item(company, "Hosting", code="H-1")

    assert [name for name, *_ in rows(ada.get(f"{LIST}?q=SULT"))] == ["Consulting"]
    assert [name for name, *_ in rows(ada.get(f"{LIST}?q=h-"))] == ["Hosting"]
    assert "Nothing fits this search." in ada.get(f"{LIST}?q=zebra").content.decode()


def test_tax_rates_are_added_and_archived(ada, company):
    page = ada.post("/tax-rates/new/", RATE, follow=True)
    assert words(page) == ["Tax rate VAT 7.25% added."]
    assert [(row["name"], row["percent"]) for row in page.context["active"]] == [("VAT", "7.25%")]

    vat = TaxRate.objects.get()
    assert "It cannot be brought back" in ada.get(url("tax_rate_archive", vat)).content.decode()
    page = ada.post(url("tax_rate_archive", vat), follow=True)
    assert words(page) == ["Tax rate VAT 7.25% archived."]
    assert [row["name"] for row in page.context["archived"]] == ["VAT"]
    assert words(ada.post(url("tax_rate_archive", vat), follow=True)) == ["VAT 7.25% is archived already."]


@pytest.mark.parametrize(
    ("field", "typed", "sentence"),
    [
        ("name", "", "Enter the name of the tax."),
        ("name", "V" * 61, "at most 60 characters"),
        ("percent", "", "Enter the rate, such as 19 or 7.5."),
        ("percent", "-5", "cannot be negative"),
        ("percent", "101", "must be below 101"),
        ("percent", "100.5", "A tax rate is at most 100%."),
        ("percent", "0", "A rate of 0% needs its reason"),
        ("percent", "1.23456", "at most 4 decimals"),
        ("category", "Q", "Choose the kind from the list."),
        ("category", "", "Choose the kind of tax."),
    ],
)
def test_a_tax_rate_that_cannot_be_is_said_beside_the_field(ada, company, field, typed, sentence):
    page = ada.post("/tax-rates/new/", RATE | {field: typed})

    assert page.status_code == 200
    assert [error for error in page.context["form"].errors[field] if sentence in error]
    assert not TaxRate.objects.exists()


def test_who_may_not_change_the_catalogue_sees_it(company, seller):
    item, vat = books.item(company), books.tax_rate(company)
    dee = visitors.browser(visitors.member(company, "read_only", "Dee"))

    assert rows(dee.get(LIST)) != []
    assert "Archive" not in dee.get("/tax-rates/").content.decode().split("<main")[1]
    for address in ("/items/new/", url("item_edit", item), "/tax-rates/new/", url("tax_rate_archive", vat)):
        assert dee.get(address).status_code == 403
    assert dee.post(url("item_archive", item)).status_code == 403


def test_another_companys_catalogue_is_not_there(ada, seller):
    elsewhere = visitors.company("Rival")
    with in_company(elsewhere):
        item, vat = books.item(elsewhere), books.tax_rate(elsewhere)

    assert ada.get(url("item_edit", item)).status_code == 404
    assert ada.post(url("item_archive", item)).status_code == 404
    assert ada.post(url("tax_rate_archive", vat)).status_code == 404
    assert rows(ada.get(LIST)) == []
