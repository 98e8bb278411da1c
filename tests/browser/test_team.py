"""One person is asked in, sees the customers chosen for them and no other, and is stopped at their next click."""

import re

import pytest
from django.core import mail
from playwright.sync_api import expect

from accounts.models import Membership
from accounts.scoping import in_company
from tests import books
from tests.browser.desk import sign_in
from tests.queue import work

NINA = "nina@guests.example"
PASSWORD = "nine slow barges under fog"


@pytest.fixture
def harbour(office):
    """The office, with an invoice of each of two customers."""
    with in_company(office.company):
        office.borealis = books.customer(office.company, "Borealis")
        office.ours, office.theirs = books.issued(office.acme), books.issued(office.borealis)
    return office


def link_in_letter_to(address):
    work()
    [letter] = [letter for letter in mail.outbox if letter.to == [address]]
    return re.search(r"http://localhost\S+/invitation/\S+/", letter.body)[0]


def test_invited_kept_to_one_customer_and_removed(desk, harbour):
    ada, nina = desk.window(), desk.window()
    sign_in(ada, harbour.ada.email, harbour.device)
    ada.goto("/settings/team/")
    ada.get_by_role("link", name="Invite").click()
    ada.get_by_label("E-mail addresses").fill(f"Nina Park <{NINA}>")
    ada.get_by_label("Role").select_option(label="Employee")
    ada.get_by_label("None until you have chosen some").check()
    ada.get_by_role("button", name="Send invitations").click()
    expect(ada.get_by_text("None chosen yet")).to_be_visible()

    ada.get_by_role("link", name="Choose customers").click()
    ada.get_by_label("Only those on a list").check()
    ada.get_by_label("Customers on the list").fill("Acme")
    ada.get_by_role("button", name="Preview").click()
    expect(ada.get_by_text("1 of 2")).to_be_visible()
    ada.get_by_role("button", name="Save customers").click()

    nina.goto(link_in_letter_to(NINA))
    expect(nina.get_by_role("heading", name="Join Harbour")).to_be_visible()
    nina.get_by_label("Your name").fill("Nina Park")
    nina.get_by_label("Password", exact=True).fill(PASSWORD)
    nina.get_by_role("button", name="Make account and join").click()
    nina.get_by_role("link", name="Customers").first.click()
    expect(nina.get_by_role("link", name="Acme")).to_be_visible()
    expect(nina.get_by_text("Borealis")).to_have_count(0)
    nina.get_by_role("link", name="Invoices").first.click()
    expect(nina.get_by_text(str(harbour.ours)).first).to_be_visible()
    expect(nina.get_by_text(str(harbour.theirs))).to_have_count(0)
    assert desk.complaints == []

    hidden, never = (
        nina.request.get(f"{desk.url}/invoices/{id}/").status
        for id in (harbour.theirs.pk, "00000000-0000-7000-8000-000000000000")
    )
    assert (hidden, never) == (404, 404)

    ada.goto("/settings/team/")
    ada.get_by_role("link", name="Nina Park").click()
    ada.locator(".page-head summary").click()
    ada.get_by_role("link", name="End membership").click()
    ada.get_by_role("button", name="End membership").click()
    expect(ada.get_by_text("Nina Park").first).to_be_visible()
    assert Membership.objects.get(user__email=NINA).revoked_at is not None
    assert desk.complaints == []

    nina.get_by_role("link", name="Customers").first.click()
    expect(nina.get_by_role("heading", name="Sign in")).to_be_visible()
    expect(nina.get_by_text("Acme")).to_have_count(0)
