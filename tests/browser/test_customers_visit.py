"""What only a browser shows about a customer's visit: cookies from elsewhere, two tabs, no script at all."""

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts.scoping import in_company
from billing.models import Payment, PaymentAttempt
from portal.actions import links
from tests import books
from tests.queue import work

WEBMAIL = "http://webmail.example/"


@pytest.fixture
def address(office):
    """The link to an invoice of 100.00 EUR, INV-000001."""
    with in_company(office.company):
        invoice = books.issued(office.acme)
        return links.create(invoice=invoice, recipient=office.ana.email, by=books.BY, at=timezone.now())


def begin_to_pay(page: Page, address: str) -> None:
    page.goto(address)
    page.get_by_role("button", name="Open the document").click()
    page.get_by_role("link", name="Pay EUR 100.00").click()


def follow_from_webmail(page: Page, address: str) -> None:
    """Click on the link on a page of another site, as in a mail program in the browser."""
    body = f'<a href="{address}">View and pay invoice</a>'
    page.route(f"{WEBMAIL}**", lambda route: route.fulfill(body=body, content_type="text/html"))
    page.goto(WEBMAIL)
    page.get_by_role("link").click()


def test_a_link_followed_from_another_site_opens_at_the_first_press(desk, address):
    page = desk.window()
    for _ in range(2):
        follow_from_webmail(page, address)
        page.get_by_role("button", name="Open the document").click()
        expect(page.get_by_role("heading", level=1)).to_contain_text("INV-000001")
        assert address.split("/i/")[1] not in page.url
    assert desk.complaints == []


def test_without_script_a_payment_goes_all_the_way_by_itself(desk, address):
    page = desk.window(java_script_enabled=False)
    begin_to_pay(page, address)
    page.get_by_role("button", name="Continue to payment").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Opening the payment page")
    work()
    page.get_by_role("button", name="Approve the payment").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Has your payment gone through")
    work()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Your payment has arrived")
    assert desk.complaints == []


def test_a_double_click_on_pay_is_one_payment(desk, office, address):
    page = desk.window(java_script_enabled=False)
    begin_to_pay(page, address)
    page.get_by_role("button", name="Continue to payment").dblclick()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Opening the payment page")
    work()
    page.get_by_role("button", name="Approve the payment").click()
    work()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Your payment has arrived")
    with in_company(office.company):
        assert (PaymentAttempt.objects.count(), Payment.objects.count()) == (1, 1)
