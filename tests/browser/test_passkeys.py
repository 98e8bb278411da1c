"""Passkeys in a real browser, with the device that Chromium pretends to have."""

from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from accounts.models import Passkey
from accounts.scoping import in_company
from tests import books, make, visitors
from tests.browser.desk import Passkeys, give_password


@pytest.fixture
def ada(desk):
    """Ada at a window, with a password and nothing else."""
    company = visitors.company("Harbour")
    with in_company(company):
        books.seller(company)
    return person(company, "Ada")


def person(company, name):
    user = visitors.member(company, "administrator", name).user
    user.set_password(make.PASSWORD)
    user.save()
    return user


def path(page: Page) -> str:
    return urlsplit(page.url).path


def is_inside(page: Page) -> None:
    page.wait_for_url(lambda url: urlsplit(url).path == "/")
    expect(page.get_by_role("navigation").first).to_be_visible()


def add(page: Page, name: str) -> None:
    page.goto("/settings/security/passkeys/add/")
    page.get_by_label("Name").fill(name)
    page.get_by_role("button", name="Add passkey").click()


def enrol(page: Page, name: str = "Laptop") -> None:
    """The first passkey, and the recovery codes that come with it."""
    add(page, name)
    expect(page.get_by_role("heading", name="recovery codes")).to_be_visible()


def sign_out(page: Page) -> None:
    page.context.clear_cookies()
    page.goto("/sign-in/")


def test_a_passkey_is_set_up_and_then_signs_in_both_ways(desk, ada):
    page = desk.window()
    device = Passkeys(page)
    give_password(page, ada.email)
    is_inside(page)

    enrol(page)
    [kept] = device.kept()
    assert (kept["rpId"], kept["isResidentCredential"], kept["userName"]) == ("localhost", True, ada.email)
    expect(page.get_by_role("main")).to_contain_text("“Laptop” is added")

    page.context.clear_cookies()
    give_password(page, ada.email)
    page.wait_for_url("**/sign-in/code/**")
    page.get_by_role("button", name="Use a passkey").click()
    is_inside(page)

    sign_out(page)
    page.get_by_role("button", name="Sign in with a passkey").click()
    is_inside(page)
    assert Passkey.objects.get().sign_count == device.kept()[0]["signCount"]
    assert desk.complaints == []
