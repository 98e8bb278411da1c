"""Passkeys in a real browser, with the device that Chromium pretends to have."""

from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts.models import Passkey, Session, User
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


def visit(page: Page, user: User) -> None:
    """Sign in with the password of somebody who has nothing else."""
    give_password(page, user.email)
    is_inside(page)


def grow_stale(user: User) -> None:
    """Whatever was shown was shown ten minutes ago."""
    then = (timezone.now() - timedelta(minutes=10)).isoformat()
    for row in Session.objects.filter(user=user):
        Session.objects.filter(pk=row.pk).update(proofs=dict.fromkeys(row.proofs, then))


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
    visit(page, ada)

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


def test_autofill_offers_the_passkey_before_anything_is_typed(desk, ada):
    page = desk.window()
    device = Passkeys(page, autofill=True)
    visit(page, ada)
    enrol(page)

    page.context.clear_cookies()
    page.goto("/sign-in/")
    is_inside(page)
    assert device.kept()[0]["signCount"] == Passkey.objects.get().sign_count
    assert desk.complaints == []


def test_a_second_passkey_is_on_another_device(desk, ada):
    page = desk.window()
    first = Passkeys(page)
    visit(page, ada)
    enrol(page)

    add(page, "Again")
    expect(page.get_by_role("alert")).to_contain_text("already holds a passkey")

    first.unplug()
    second = Passkeys(page)
    page.goto("/settings/security/passkeys/add/")
    page.get_by_label("Name").fill("Key ring")
    page.get_by_label("Name").press("Enter")
    page.wait_for_url("**/settings/security/")
    expect(page.get_by_role("main")).to_contain_text("“Key ring” is added")
    expect(page.get_by_role("main")).to_contain_text("Laptop")
    assert len(second.kept()) == 1

    sign_out(page)
    page.get_by_role("button", name="Sign in with a passkey").click()
    is_inside(page)
    assert desk.complaints == []


def test_a_name_that_is_taken_is_changed_without_making_another_passkey(desk, ada):
    page = desk.window()
    first = Passkeys(page)
    visit(page, ada)
    enrol(page, "Laptop")
    first.unplug()
    device = Passkeys(page)

    add(page, "laptop")
    expect(page.get_by_role("alert")).to_contain_text("already have a passkey called")
    page.get_by_label("Name").fill("Phone")
    page.get_by_role("button", name="Add passkey").click()
    page.wait_for_url("**/settings/security/")

    assert sorted(Passkey.objects.values_list("name", flat=True)) == ["Laptop", "Phone"]
    assert len(device.kept()) == 1
    assert desk.complaints == []


def test_a_ceremony_that_is_cancelled_says_so_and_can_be_held_again(desk, ada):
    page = desk.window()
    device = Passkeys(page)
    visit(page, ada)
    device.show_finger(False)
    add(page, "Laptop")
    expect(page.get_by_role("alert")).to_contain_text("cancelled, or took too long")
    assert not Passkey.objects.exists()

    device.show_finger(True)
    page.get_by_role("button", name="Add passkey").click()
    expect(page.get_by_role("heading", name="recovery codes")).to_be_visible()

    sign_out(page)
    device.show_finger(False)
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.get_by_role("alert")).to_contain_text("cancelled, or took too long")
    assert path(page) == "/sign-in/"
    assert desk.complaints == []


def test_rename_and_remove(desk, ada):
    page = desk.window()
    Passkeys(page)
    visit(page, ada)
    enrol(page)

    page.goto("/settings/security/")
    page.get_by_role("link", name="Rename").click()
    page.get_by_label("Name").fill("Old laptop")
    page.get_by_role("button", name="Rename passkey").click()
    expect(page.get_by_role("main")).to_contain_text("now called “Old laptop”")

    page.get_by_role("link", name="Remove").click()
    expect(page.get_by_role("main")).to_contain_text("your only second factor")
    page.get_by_role("button", name="Remove passkey").click()
    expect(page.get_by_role("main")).to_contain_text("“Old laptop” is removed")
    assert not Passkey.objects.exists()

    sign_out(page)
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.get_by_role("main")).to_contain_text("This passkey was not accepted")
    assert path(page) == "/sign-in/"
    assert desk.complaints == []


def test_a_passkey_of_somebody_else_is_no_second_factor(desk, ada):
    bo = person(ada.memberships.get().company, "Bo")
    page = desk.window()
    Passkeys(page)
    visit(page, bo)
    enrol(page)
    make.passkey(ada)

    page.context.clear_cookies()
    give_password(page, ada.email)
    page.get_by_role("button", name="Use a passkey").click()
    expect(page.get_by_role("main")).to_contain_text("is not right. Start again")
    assert path(page).startswith("/sign-in/")
    assert desk.complaints == []


def test_a_passkey_confirms_an_act_that_asks_again(desk, ada):
    page = desk.window()
    Passkeys(page)
    visit(page, ada)
    enrol(page)
    grow_stale(ada)

    page.goto("/settings/security/passkeys/add/")
    expect(page.get_by_role("heading", name="Confirm that it is you")).to_be_visible()
    page.get_by_role("button", name="Confirm with a passkey").click()
    expect(page.get_by_role("heading", name="Add a passkey")).to_be_visible()
    assert desk.complaints == []


def test_a_form_sent_late_is_carried_through_the_confirmation(desk, ada):
    page = desk.window()
    Passkeys(page)
    visit(page, ada)
    enrol(page)
    page.goto("/settings/security/")
    page.get_by_role("link", name="Rename").click()
    grow_stale(ada)

    page.get_by_label("Name").fill("Old laptop")
    page.get_by_role("button", name="Rename passkey").click()
    page.get_by_role("button", name="Confirm with a passkey").click()
    expect(page.get_by_role("main")).to_contain_text("now called “Old laptop”")
    assert Passkey.objects.get().name == "Old laptop"
    assert desk.complaints == []


def test_without_javascript_the_pages_say_what_to_do(desk, ada):
    page = desk.window(java_script_enabled=False)
    page.goto("/sign-in/")
    assert "A passkey needs JavaScript" in page.inner_text("main")
    expect(page.get_by_role("button", name="Sign in with a passkey")).to_be_hidden()
    give_password(page, ada.email)
    page.goto("/settings/security/passkeys/add/")
    assert "Adding a passkey needs JavaScript" in page.inner_text("main")
    expect(page.get_by_role("button", name="Add passkey")).to_be_hidden()
    assert desk.complaints == []


def test_a_browser_without_passkeys_is_told(desk, ada):
    page = desk.window()
    page.add_init_script("delete window.PublicKeyCredential")
    page.goto("/sign-in/")
    expect(page.get_by_text("This browser has no passkeys")).to_be_visible()
    expect(page.get_by_role("button", name="Sign in with a passkey")).to_be_hidden()
    assert desk.complaints == []
