"""What somebody who sees only some customers does with them: they never lose what they add, nor learn of the others."""

import csv
import io

import pytest
from django.urls import reverse

from audit.models import BillingEvent
from billing.models import Customer, CustomField, CustomFieldValue, Note
from tests import books, visitors
from tests.books import AT, BY

ENTERED = {"name": "Delta", "kind": "company", "currency": "EUR", "payment_terms": "NET 14"}


@pytest.fixture
def region(company):
    books.seller(company)
    return CustomField.objects.create(
        company=company, name="Region", kind="choice", choices=["North", "South"], in_list=True, created_at=AT
    )


def has(customer, of, value):
    CustomFieldValue.objects.create(company_id=customer.company_id, customer=customer, field=of, value=value)


def limited(company, **restriction):
    return visitors.browser(visitors.member(company, "employee", "Bo", **restriction))


def by_region(company, region, *values):
    return limited(company, restriction="fields", field_values={str(region.pk): list(values)})


def url(route, record):
    return reverse(f"billing:{route}", args=[record.pk])


def words(page):
    return [str(message) for message in page.context["messages"]]


def table(answer):
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


def test_who_is_limited_to_values_gives_one_of_them(company, region):
    bo, name = by_region(company, region, "North"), f"field-{region.pk}"
    for typed in ("", "South"):
        page = bo.post("/customers/new/", ENTERED | {name: typed})
        assert (page.status_code, bool(page.context["form"].errors[name])) == (200, True)
    assert not Customer.objects.exists()
    assert '"South"' not in bo.get("/customers/new/").content.decode()

    page = bo.post("/customers/new/", ENTERED | {name: "North"}, follow=True)

    assert page.status_code == 200
    assert words(page) == ["Customer Delta added as CUS-000001."]
    edit = url("customer_edit", Customer.objects.get())
    assert bo.post(edit, ENTERED | {name: "South"}).context["form"].errors[name] == ["Choose one from the list."]
    assert bo.post(edit, ENTERED).status_code == 200
    assert CustomFieldValue.objects.get().value == "North"


def test_values_of_other_kinds_are_chosen_from_those_seen_too(company, region):
    seats = CustomField.objects.create(company=company, name="Seats", kind="number", created_at=AT)
    bo, name = limited(company, restriction="fields", field_values={str(seats.pk): ["12.5", "30"]}), f"field-{seats.pk}"

    assert "Choose one from the list." in str(
        bo.post("/customers/new/", ENTERED | {name: "31"}).context["form"].errors[name]
    )
    assert bo.post("/customers/new/", ENTERED | {name: "12.50"}).status_code == 302


def test_a_fixed_list_does_not_grow_by_itself(company, acme):
    bo = limited(company, restriction="customers", customer_ids=[str(acme.pk)])

    assert "Add customer" not in bo.get("/customers/").content.decode()
    for page in (bo.get("/customers/new/", follow=True), bo.post("/customers/new/", ENTERED, follow=True)):
        assert words(page) == ["You see a fixed list of customers. Ask an administrator to add one to it."]
    assert Customer.objects.count() == 1


@pytest.mark.parametrize("mode", ["owner", "fields"])
def test_a_number_that_is_taken_tells_nothing(company, region, acme, mode):
    bo = limited(company, restriction="owner") if mode == "owner" else by_region(company, region, "North")
    Customer.objects.filter(pk=acme.pk).update(number="K-7")
    assert 'name="number"' not in bo.get("/customers/new/").content.decode()

    bo.post("/customers/new/", ENTERED | {"number": "K-7", f"field-{region.pk}": "North"})

    assert Customer.objects.exclude(pk=acme.pk).get().number == "CUS-000001"


def test_whoever_sees_everybody_chooses_the_number(ada, company, acme):
    assert 'name="number"' in ada.get("/customers/new/").content.decode()
    page = ada.post("/customers/new/", ENTERED | {"number": acme.number})
    assert f"Another customer has the number {acme.number}." in page.content.decode()


def test_a_draft_that_was_anothers_before_tells_nothing_of_them(company, ada, acme, borealis):
    draft = books.draft(acme)
    ada.post(url("note_create", draft), {"text": "Acme alone knows"})
    Note.objects.update(customer=acme)
    invoice = draft
    books.drafts.change(invoice=invoice, draft=books.draft_of(borealis), by=BY, at=AT)
    bo = limited(company, restriction="customers", customer_ids=[str(borealis.pk)])

    page = bo.get(url("invoice_detail", invoice)).content.decode()

    assert "Borealis" in page
    assert "Acme" not in page
    assert "Acme alone knows" in ada.get(url("invoice_detail", invoice)).content.decode()
    assert (
        url("invoice_detail", invoice) not in ada.get(url("customer_detail", acme)).content.decode().split("Notes")[1]
    )


def test_the_export_holds_what_is_visible_with_their_fields(company, ada, region, acme, borealis):
    seats = CustomField.objects.create(company=company, name="Seats", kind="number", created_at=AT)
    has(acme, region, "North")
    has(acme, seats, "12.5")
    has(borealis, region, "South")
    Customer.objects.filter(pk=borealis.pk).update(name="=HYPERLINK(1)")

    rows = table(ada.post("/customers/export/"))
    assert [(row["Name"], row["Region"], row["Seats"]) for row in rows] == [
        ("'=HYPERLINK(1)", "South", ""),
        ("Acme", "North", "12.5"),
    ]
    assert [row["Name"] for row in table(ada.post(f"/customers/export/?field-{region.pk}=North"))] == ["Acme"]
    bo = by_region(company, region, "North")
    assert [row["Name"] for row in table(bo.post("/customers/export/"))] == ["Acme"]
    entries = BillingEvent.objects.filter(action="customer.exported").order_by("at", "id")
    assert [(one.actor_label, one.data["filters"]) for one in entries] == [
        ("Ada", {}),
        ("Ada", {f"field-{region.pk}": "North"}),
        ("Bo", {}),
    ]


def test_an_export_with_a_mistake_in_it_is_none(ada, acme):
    page = ada.post("/customers/export/?currency=XYZ", follow=True)

    assert words(page) == ["Nothing was exported: the filters hold a mistake. Correct what is marked below."]
    assert not BillingEvent.objects.filter(action="customer.exported").exists()


def test_an_export_asks_as_often_for_many_as_for_one_chunk(ada, company, region, django_assert_max_num_queries):
    for number in range(40):
        has(books.customer(company, f"Customer {number}"), region, "North")
    ada.get("/customers/")
    with django_assert_max_num_queries(14):
        assert len(table(ada.post("/customers/export/"))) == 40
