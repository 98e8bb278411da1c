"""A write-off waits until a second person agrees, each in a window of their own."""

import pytest
from playwright.sync_api import expect

from accounts.models import Company
from accounts.scoping import in_company
from billing.models import Invoice
from tests import books, make, visitors
from tests.browser.desk import give_password, sign_in


@pytest.fixture
def harbour(office):
    """The office, where nobody writes anything off alone, with an invoice and somebody else who could agree."""
    office.bo = visitors.member(office.company, "employee", "Bo").user
    office.bo.set_password(make.PASSWORD)
    office.bo.save()
    Company.objects.filter(pk=office.company.pk).update(approvals={"write_off": {}})
    with in_company(office.company):
        office.invoice = books.issued(office.acme)
    return office


def test_asked_for_by_one_and_agreed_to_by_another(desk, harbour):
    bo, ada = desk.window(), desk.window()
    give_password(bo, harbour.bo.email)
    bo.get_by_role("link", name="Invoices").first.click()
    bo.goto(f"/invoices/{harbour.invoice.pk}/write-off/")
    bo.get_by_label("Reason").fill("In liquidation")
    bo.locator("main form button").last.click()
    expect(bo.get_by_text("This waits until a second person agrees.")).to_be_visible()

    sign_in(ada, harbour.ada.email, harbour.device)
    ada.get_by_role("link", name="Approvals").first.click()
    ada.get_by_role("link", name="Write off an invoice").click()
    expect(ada.get_by_text("In liquidation")).to_be_visible()
    ada.get_by_role("link", name="Agree").click()
    ada.get_by_role("button", name="Agree").click()
    expect(ada.get_by_text("Approved").first).to_be_visible()

    with in_company(harbour.company):
        assert Invoice.objects.get(pk=harbour.invoice.pk).status == "written_off"
    bo.goto("/approvals/")
    bo.get_by_role("link", name="Decided").click()
    expect(bo.get_by_text("Write off an invoice").first).to_be_visible()
    assert desk.complaints == []
