import io
from datetime import timedelta

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from PIL import Image

from accounts.scoping import in_company
from billing.actions import sellers
from billing.colours import contrast_with_white
from billing.forms.sellers import LARGEST_LOGO
from billing.models import Logo, Seller
from tests import books, make, visitors
from tests.books import AT, BY

SETTINGS = "/settings/company/"
LOGO = "/settings/company/logo/"
ENTERED = {
    "legal_name": "Ledger AG",
    "country": "DE",
    "currency": "EUR",
    "payment_terms": "due on receipt",
    "tax_rounding": "line",
    "brand_colour": "1F6F54",
    "bank_details": "IBAN DE02",
    "reminders_enabled": "on",
}


def words(page):
    return [str(message) for message in page.context["messages"]]


def picture(format="PNG"):
    written = io.BytesIO()
    Image.new("RGB", (40, 20), "#1f6f54").save(written, format=format)
    return SimpleUploadedFile("logo.png", written.getvalue(), "image/png")


@pytest.fixture(autouse=True)
def seller(company):
    return books.seller(company)


def test_the_profile_is_changed(ada, seller):
    page = ada.post(SETTINGS, ENTERED, follow=True)

    seller.refresh_from_db()
    assert words(page) == ["Company profile saved. Invoices issued from now on show it."]
    assert (seller.legal_name, seller.payment_terms, seller.tax_rounding, seller.brand_colour) == (
        "Ledger AG",
        "Due on receipt",
        "line",
        "#1f6f54",
    )
    assert (seller.prices_include_tax, seller.reminders_enabled) == (False, True)


ASKED_AGAIN = "Confirm that it is you"


def later(clock_at=timedelta(minutes=5, seconds=1)):
    return time_machine.travel(timezone.now() + clock_at)


@pytest.mark.parametrize("told", [{"bank_details": "IBAN DE02"}, {"footer": "Pay to IBAN DE02"}])
def test_where_customers_pay_to_changes_only_with_a_fresh_proof(ada, seller, told):
    with later():
        page = ada.post(SETTINGS, ENTERED | {"bank_details": "", "footer": ""} | told)

    seller.refresh_from_db()
    assert ASKED_AGAIN in page.content.decode()
    assert (seller.bank_details, seller.footer, seller.legal_name) == ("", "", "Ledger Ltd")


def test_what_was_typed_is_saved_once_the_proof_is_given(company, seller):
    member = visitors.member(company, "administrator", "Cy")
    member.user.set_password(make.PASSWORD)
    member.user.save()
    cy = visitors.browser(member)

    with later():
        cy.post(SETTINGS, ENTERED)
        page = cy.post(SETTINGS, ENTERED | {"confirm-password": make.PASSWORD, "confirm-interrupted": "POST"})

    seller.refresh_from_db()
    assert (page.status_code, seller.bank_details) == (302, "IBAN DE02")


@pytest.mark.parametrize("entered", [ENTERED | {"bank_details": ""}, ENTERED | {"country": "nowhere"}])
def test_the_rest_of_the_profile_asks_for_no_fresh_proof(ada, seller, entered):
    with later():
        page = ada.post(SETTINGS, entered, follow=True)

    assert ASKED_AGAIN not in page.content.decode()


@pytest.mark.parametrize(
    ("field", "typed", "sentence"),
    [
        ("legal_name", "", "Enter the name your company is registered as."),
        ("legal_name", "L" * 10_000, "at most 200 characters"),
        ("legal_name", "Led\u202eger", "invisible marks"),
        ("country", "ZZ", "This country is not known."),
        ("currency", "ABC", "This currency is not known."),
        ("payment_terms", "soon", "These payment terms cannot be read."),
        ("tax_rounding", "never", "Choose one from the list."),
        ("brand_colour", "green", "Write the colour as # and six hexadecimal digits"),
        ("brand_colour", "", "Write a colour, such as #1f5eff."),
        ("brand_colour", '#1f5eff"><script>', "Write the colour as #"),
        ("bank_details", "b" * 1001, "at most 1000 characters"),
        ("email", "accounts", "Write an e-mail address such as"),
    ],
)
def test_what_to_correct_is_said_beside_the_field_and_nothing_is_lost(ada, seller, field, typed, sentence):
    page = ada.post(SETTINGS, ENTERED | {"footer": "Managing director: Ada", field: typed})

    assert page.status_code == 200
    assert [error for error in page.context["form"].errors[field] if sentence in error]
    assert "Managing director: Ada" in page.content.decode()
    seller.refresh_from_db()
    assert seller.legal_name == "Ledger Ltd"


@pytest.mark.parametrize(
    ("colour", "contrast"), [("#000000", "21.0"), ("#ffffff", "1.0"), ("#767676", "4.5"), ("#ffff00", "1.1")]
)
def test_contrast_is_that_of_wcag(colour, contrast):
    assert str(contrast_with_white(colour)) == contrast


def test_the_page_says_whether_the_colour_can_be_read(ada, seller):
    assert "easy to read" in ada.get(SETTINGS).content.decode()

    Seller.objects.update(brand_colour="#ffff00")
    assert "1.1 : 1, less than 4.5 : 1" in ada.get(SETTINGS).content.decode()


@pytest.mark.parametrize("format", ["PNG", "JPEG"])
def test_a_logo_is_uploaded_shown_and_removed(ada, format):
    assert ada.get(LOGO).status_code == 404

    page = ada.post(f"{LOGO}upload/", {"logo": picture(format)}, follow=True)
    assert words(page) == ["Logo saved. Invoices issued from now on show it."]
    answer = ada.get(LOGO)
    assert (answer["Content-Type"], answer["X-Content-Type-Options"]) == ("image/png", "nosniff")
    assert answer["Cache-Control"] == "no-store"
    assert Image.open(io.BytesIO(answer.content)).format == "PNG"

    assert words(ada.post(f"{LOGO}remove/", follow=True)) == ["Logo removed."]
    assert ada.get(LOGO).status_code == 404


@pytest.mark.parametrize(
    ("upload", "sentence"),
    [
        (None, "Choose a picture first."),
        (SimpleUploadedFile("logo.png", b""), "This file is empty. Choose a PNG or JPEG picture."),
        (SimpleUploadedFile("logo.png", b"x" * (LARGEST_LOGO + 1)), "larger than 2 MB"),
        (SimpleUploadedFile("logo.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>"), "."),
        (SimpleUploadedFile("logo.png", b"\x89PNG\r\n\x1a\nbroken"), "."),
    ],
)
def test_a_file_that_is_no_logo_is_refused_beside_the_field(ada, upload, sentence):
    page = ada.post(f"{LOGO}upload/", {"logo": upload} if upload else {})

    assert page.status_code == 200
    assert sentence in page.context["logo_form"].errors["logo"][0]
    assert not Logo.objects.exists()


def test_a_logo_is_seen_in_its_own_company_only(ada):
    elsewhere = visitors.company("Rival")
    with in_company(elsewhere):
        sellers.set_logo(seller=books.seller(elsewhere), png=b"theirs", by=BY, at=AT)

    assert ada.get(LOGO).status_code == 404


def test_who_may_not_change_settings_still_sees_the_logo(company, ada):
    ada.post(f"{LOGO}upload/", {"logo": picture()})
    bo = visitors.browser(visitors.member(company, "employee", "Bo"))

    assert bo.get(LOGO).status_code == 200
    assert bo.get(SETTINGS).status_code == 403
    assert bo.post(f"{LOGO}upload/", {"logo": picture()}).status_code == 403
    assert bo.post(f"{LOGO}remove/").status_code == 403
