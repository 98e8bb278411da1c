import pytest
from django.urls import reverse

from accounts.scoping import in_company
from audit.models import BillingEvent
from billing.models import Customer, CustomField, CustomFieldValue
from tests import books, make, visitors
from tests.books import AT

LIST = "/settings/fields/"
NEW = "/settings/fields/new/"
LIST_QUERIES = 13
ENTERED = {"name": "Acme", "kind": "company", "currency": "EUR", "payment_terms": "NET 14", "email": "a@acme.example"}
REGION = {"name": "Region", "kind": "choice", "choices": "North\nSouth\n\n", "position": "1", "in_list": "on"}


def field(company, name="Region", kind="choice", choices=("North", "South"), **more):
    return CustomField.objects.create(
        company=company, name=name, kind=kind, choices=list(choices), created_at=AT, **{"in_list": True} | more
    )


def has(customer, of, value):
    CustomFieldValue.objects.create(company_id=customer.company_id, customer=customer, field=of, value=value)


def key(of):
    return f"field-{of.pk}"


def url(route, record):
    return reverse(f"billing:{route}", args=[record.pk])


def words(page):
    return [str(message) for message in page.context["messages"]]


def names(page):
    return [row.name for row in page.context["rows"]]


def test_a_field_is_added_from_the_settings_and_says_who_did(ada, company):
    books.seller(company)

    page = ada.post(NEW, REGION, follow=True)

    made = CustomField.objects.get()
    assert (made.name, made.choices, made.in_list, made.position) == ("Region", ["North", "South"], True, 1)
    assert words(page) == ["Field Region added. It stands on the form of every customer."]
    assert BillingEvent.objects.get().actor_label == "Ada"


@pytest.mark.parametrize(
    ("name", "typed", "sentence"),
    [
        ("name", "", "Enter the name of the field."),
        ("name", "E-mail", "Customers have “E-mail” already."),
        ("name", "payment terms", "Customers have “payment terms” already."),
        ("name", "x" * 61, "at most 60 characters"),
        ("kind", "colour", "Choose text, number, date or choice."),
        ("choices", " \n ", "Write at least one choice."),
        ("choices", "North\nnorth", "“north” stands there twice."),
        ("choices", "\n".join(map(str, range(101))), "at most 100 choices. These are 101."),
        ("choices", "x" * 201, "at most 200 characters"),
        ("position", "-1", "Enter a whole number from 0 to 999."),
        ("position", "first", "Enter a whole number from 0 to 999."),
    ],
)
def test_what_is_wrong_is_said_beside_the_field(ada, company, name, typed, sentence):
    page = ada.post(NEW, REGION | {name: typed})

    assert page.status_code == 200
    assert [error for error in page.context["form"].errors[name] if sentence in error]
    assert not CustomField.objects.exists()


def test_a_refused_change_keeps_what_was_typed(ada, acme, company):
    region = field(company)
    has(acme, region, "North")

    page = ada.post(url("custom_field_edit", region), REGION | {"name": "Area", "choices": "South"})

    assert "1 customer has “North”." in page.content.decode()
    assert 'value="Area"' in page.content.decode()


def test_a_field_is_archived_after_a_question_and_restored(ada, acme, company):
    region = field(company)
    has(acme, region, "North")
    assert "Archive <bdi>Region</bdi>?" in ada.get(url("custom_field_archive", region)).content.decode()

    page = ada.post(url("custom_field_archive", region), follow=True)

    assert words(page) == ["Field Region archived. It can be restored at any time."]
    assert "Region" not in ada.get(url("customer_detail", acme)).content.decode().split("Activity")[0]
    assert "Region" not in ada.get("/customers/").content.decode()
    assert words(ada.post(url("custom_field_restore", region), follow=True)) == ["Field Region restored."]
    assert "North" in ada.get(url("customer_detail", acme)).content.decode()


def test_who_sees_only_some_customers_changes_no_field(company, acme):
    region = field(company)
    role = make.role(company, "settings.edit", "customer.view")
    cam = visitors.browser(visitors.member(company, role, "Cam", restriction="owner"))
    for address in (NEW, url("custom_field_edit", region), url("custom_field_archive", region)):
        assert words(cam.get(address, follow=True)) == [
            "You see only some customers, so ask an administrator to change the fields."
        ]
    has(acme, region, "North")
    [shown] = cam.get(LIST).context["active"]
    assert shown.used == 0


def test_the_customer_form_takes_typed_values_and_the_page_shows_them(ada, company):
    books.seller(company)
    region, seats, since = field(company), field(company, "Seats", "number", ()), field(company, "Since", "date", ())
    note = field(company, "Sector", "text", ())
    values = {key(region): "North", key(seats): "1,200.50", key(since): "2026-03-12", key(note): "Shipping"}

    page = ada.post("/customers/new/", ENTERED | values, follow=True)

    kept = dict(CustomFieldValue.objects.values_list("field__name", "value"))
    assert kept == {"Region": "North", "Seats": "1200.5", "Since": "2026-03-12", "Sector": "Shipping"}
    text = page.content.decode()
    assert [shown in text for shown in ("North", "1,200.5", "12 Mar 2026", "Shipping")] == [True] * 4
    form = ada.get(url("customer_edit", Customer.objects.get())).content.decode()
    assert f'type="date" name="{key(since)}" value="2026-03-12"' in form
    assert 'value="1200.5"' in form


@pytest.mark.parametrize(
    ("kind", "typed", "sentence"),
    [
        ("choice", "East", "Choose one from the list."),
        ("number", "many", "This is not a number."),
        ("date", "tomorrow", "This is not a day of the calendar."),
        ("text", "a\u202eb", "invisible marks"),
        ("text", "x" * 201, "at most 200 characters"),
    ],
)
def test_a_value_that_is_none_is_said_beside_the_field_and_kept(ada, company, kind, typed, sentence):
    books.seller(company)
    one = field(company, kind=kind)

    page = ada.post("/customers/new/", ENTERED | {key(one): typed})

    assert [error for error in page.context["form"].errors[key(one)] if sentence in error]
    if kind != "choice":
        assert typed in page.content.decode()
    assert not Customer.objects.exists()


def test_a_value_of_a_choice_that_went_is_kept_until_it_is_changed(ada, acme, company):
    region = field(company, choices=("South",))
    has(acme, region, "North")

    page = ada.post(url("customer_edit", acme), ENTERED | {key(region): "North"})

    assert page.status_code == 302
    assert CustomFieldValue.objects.get().value == "North"


def test_the_list_shows_and_narrows_by_fields(ada, company, acme, borealis):
    region, seats = field(company), field(company, "Seats", "number", ())
    sector, secret = field(company, "Sector", "text", ()), field(company, "Secret", in_list=False)
    for of, value in ((region, "North"), (seats, "12.5"), (sector, "Shipping and trade"), (secret, "Unlisted")):
        has(acme, of, value)
    has(borealis, region, "South")

    page = ada.get("/customers/")
    assert [row.values for row in page.context["rows"]] == [["North", "12.5", "Shipping and trade"], ["South", "", ""]]
    assert "Unlisted" not in page.content.decode()
    for asked in ((region, "North"), (seats, "12.50"), (sector, "SHIPPING")):
        narrowed = ada.get("/customers/", {key(asked[0]): asked[1], "sort": "-name"})
        assert names(narrowed) == ["Acme"]
        assert narrowed.context["more_filters"]
    assert names(ada.get("/customers/", {key(region): "North", key(seats): "1"})) == []
    assert names(ada.get("/customers/", {key(secret): "nothing"})) == ["Acme", "Borealis"]
    refused = ada.get("/customers/", {key(region): "East"})
    assert (names(refused), list(refused.context["form"].errors)) == ([], [key(region)])


def test_a_filter_stays_in_the_address_of_the_next_page(ada, company):
    region = field(company)
    for number in range(60):
        has(books.customer(company, f"Customer {number:02}"), region, "North")
    first = ada.get("/customers/", {key(region): "North"})

    assert f"{key(region)}=North" in first.context["next"]
    assert len(names(ada.get(f"/customers/{first.context['next']}"))) == 10


@pytest.mark.parametrize("count", [1, 50])
def test_the_list_asks_the_same_of_the_database_however_many_there_are(ada, company, count, django_assert_num_queries):
    fields = [field(company, f"Field {number}") for number in range(3)]
    for number in range(count):
        customer = books.customer(company, f"Customer {number}")
        for one in fields:
            has(customer, one, "North")
    ada.get("/customers/")
    with django_assert_num_queries(LIST_QUERIES):
        ada.get("/customers/")


def test_the_settings_of_another_company_are_not_there(ada):
    rival = visitors.company("Rival")
    with in_company(rival):
        foreign = field(rival)
    for route in ("custom_field_edit", "custom_field_archive"):
        assert ada.get(url(route, foreign)).status_code == 404
