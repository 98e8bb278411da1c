import pytest
from django.urls import reverse

from accounts.scoping import in_company
from billing.models import Contact, Note
from tests import books, visitors

ENTERED = {"name": "Ana Silva", "email": "ana@acme.example", "is_primary": "on"}


def url(route, record):
    return reverse(f"billing:{route}", args=[record.pk])


def words(page):
    return [str(message) for message in page.context["messages"]]


def test_create_adds_the_person_to_the_record(ada, acme):
    page = ada.post(url("contact_create", acme), ENTERED, follow=True)

    assert words(page) == ["Contact Ana Silva added."]
    assert [contact.email for contact in page.context["contacts"]] == ["ana@acme.example"]


@pytest.mark.parametrize(
    ("field", "typed", "sentence"),
    [
        ("name", "", "Enter the person's name."),
        ("name", "z" * 10_000, "Shorten this to at most 200 characters."),
        ("email", "", "Enter the person's e-mail address."),
        ("email", "ana@", "Write an e-mail address such as"),
        ("phone", "1\u202e2", "invisible marks"),
    ],
)
def test_create_says_beside_the_field_what_to_correct(ada, acme, field, typed, sentence):
    page = ada.post(url("contact_create", acme), ENTERED | {"title": "Treasurer", field: typed})

    assert [error for error in page.context["form"].errors[field] if sentence in error]
    assert "Treasurer" in page.content.decode()
    assert not Contact.objects.exists()


def test_edit_and_archive(ada, acme):
    ana = books.contact(acme)

    page = ada.post(url("contact_edit", ana), ENTERED, follow=True)
    assert words(page) == ["Contact Ana Silva saved."]

    assert (
        "No more invoices or reminders go to ana@acme.example." in ada.get(url("contact_archive", ana)).content.decode()
    )
    page = ada.post(url("contact_archive", ana), follow=True)
    assert words(page) == ["Contact Ana Silva archived."]
    assert list(page.context["contacts"]) == []

    page = ada.post(url("contact_archive", ana), follow=True)
    assert words(page) == ["Ana Silva is archived. Add the person again if they are back."]


def test_another_companys_contact_is_not_there(ada):
    elsewhere = visitors.company("Rival")
    with in_company(elsewhere):
        foreign = books.contact(books.customer(elsewhere))

    assert ada.get(url("contact_edit", foreign)).status_code == 404
    assert ada.post(url("contact_archive", foreign)).status_code == 404


def test_a_note_is_written_on_the_record(ada, acme):
    page = ada.post(
        url("customer_note_create", acme), {"text": "Called twice.\n<script>alert(1)</script>"}, follow=True
    )

    assert words(page) == ["Note added."]
    assert "Called twice.\n&lt;script&gt;alert(1)&lt;/script&gt;" in page.content.decode()


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [("", "Write the note first."), ("n" * 4001, "at most 4000 characters"), ("a\x00b", "invisible control character")],
)
def test_a_note_that_cannot_be_kept_stays_in_its_field(ada, acme, typed, sentence):
    page = ada.post(url("customer_note_create", acme), {"text": typed})

    assert page.status_code == 200
    assert [error for error in page.context["form"].errors["text"] if sentence in error]
    assert typed[:100] in page.content.decode()
    assert not Note.objects.exists()
