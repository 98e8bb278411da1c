"""The whole line in a real browser: an invoice is written, issued, sent, opened by its customer, paid and logged."""

import re

from django.core import mail
from playwright.sync_api import Page, expect

from accounts.scoping import in_company
from billing.models import Invoice
from tests.browser.desk import sign_in
from tests.queue import work


def test_the_first_invoice_is_paid(desk, office):
    staff, customer = desk.window(), desk.window()

    sign_in(staff, office.ada.email, office.device)
    write_and_issue(staff)
    number = staff.get_by_role("heading", level=1).inner_text().split()[0]
    staff.get_by_role("button", name="Send invoice").click()
    expect(staff.get_by_text("on its way to ana@customer.example")).to_be_visible()
    work()

    open_link_and_pay(customer, number)
    work()

    see_it_paid(staff, number)
    assert desk.complaints == []


def write_and_issue(page: Page) -> None:
    """Two lines of different tax, one at a discount, and a discount on the whole; the totals follow while typing."""
    page.get_by_role("link", name="Write invoice").first.click()
    page.locator("input#id_customer_text").fill("Ac")
    page.get_by_role("option", name="Acme").click()

    first = page.locator("[data-line]").nth(0)
    first.get_by_label("Item or description").fill("Harb")
    page.get_by_role("option", name="Harbour pilot").click()
    expect(first.get_by_label("Price", exact=True)).to_have_value("120.00")
    first.get_by_label("Quantity").fill("3")
    first.get_by_label("Discount").fill("10%")
    first.get_by_label("VAT 19%", exact=True).check()

    page.get_by_role("button", name="Add line").click()
    second = page.locator("[data-line]").nth(1)
    second.get_by_label("Item or description").fill("Charts")
    second.get_by_label("Quantity").fill("2")
    second.get_by_label("Price", exact=True).fill("45.50")
    second.get_by_label("Reduced VAT 7%").check()

    page.get_by_text("Discounts and charges on the whole invoice").click()
    page.get_by_role("button", name="Add discount or charge").click()
    page.get_by_label("Called").fill("Loyalty")
    page.get_by_label("Percent or amount").fill("5%")
    page.get_by_label("Percent or amount").blur()

    totals = page.locator("#totals")
    for part in ("EUR 415.00", "-EUR 20.75", "EUR 58.48", "EUR 6.05", "EUR 458.78"):
        expect(totals).to_contain_text(part)
    page.get_by_role("button", name="Save and issue").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("INV-")
    expect(page.get_by_text("EUR 458.78").first).to_be_visible()


def open_link_and_pay(page: Page, number: str) -> None:
    [letter] = mail.outbox
    assert (letter.to, letter.attachments[0][0]) == (["ana@customer.example"], f"{number}.pdf")
    page.goto(re.search(r"http://\S+/i/\S+/", letter.body)[0])
    expect(page.get_by_role("main")).not_to_contain_text("Acme")
    page.get_by_role("button", name="Open the document").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(f"Invoice {number}")
    page.get_by_role("link", name="Pay EUR 458.78").click()
    page.get_by_role("button", name="Continue to payment").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Opening the payment page")
    work()
    page.get_by_role("button", name="Approve the payment").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("gone through")
    work()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Your payment has arrived")
    page.get_by_role("link", name="See the invoice").click()
    expect(page.get_by_text("Paid in full. Thank you.")).to_be_visible()


def see_it_paid(page: Page, number: str) -> None:
    page.reload()
    expect(page.get_by_role("heading", level=1)).to_contain_text(f"{number} Paid")
    assert [letter.to for letter in mail.outbox] == [["ana@customer.example"]] * 2
    assert "458.78" in mail.outbox[1].body
    page.get_by_role("link", name="Billing log").click()
    for entry in ENTRIES:
        expect(page.get_by_role("row", name=entry.format(number))).to_have_count(ENTRIES.count(entry))
    expect(page.locator("tbody tr")).to_have_count(len(ENTRIES))


ENTRIES = [
    "Ada drafted an invoice of EUR 458.78 for Acme",
    "Ada issued invoice {} of EUR 458.78 to Acme",
    "Ada sent invoice {} to ana@customer.example",
    "Automatic mail Automation mailed invoice {} to ana@customer.example",
    "Ana Customer opened the link to invoice {}",
    "Ana Customer viewed invoice {}",
    "Ana Customer started to pay EUR 458.78 of invoice {}",
    "Sandbox gateway Automation opened the pay page for invoice {}",
    "Sandbox gateway Automation recorded payment PAY-000001 of EUR 458.78 from Acme on {}",
    "Sandbox gateway Automation paid EUR 458.78 of invoice {} with payment PAY-000001",
    "Automatic mail Automation mailed receipt PAY-000001 to ana@customer.example",
]


def test_it_goes_without_javascript(desk, office):
    page = desk.window(java_script_enabled=False)

    sign_in(page, office.ada.email, office.device)
    page.get_by_role("link", name="Write invoice").first.click()
    page.get_by_label("Customer", exact=True).select_option(label="Acme")
    page.get_by_label("Item or description").fill("Charts")
    page.get_by_label("Price", exact=True).fill("45.50")
    page.get_by_label("Reduced VAT 7%").check()
    page.get_by_role("button", name="Add line").click()
    page.get_by_label("Item or description").nth(1).fill("Pilot")
    page.get_by_label("Price", exact=True).nth(1).fill("120")
    page.get_by_label("Quantity").nth(1).fill("2")
    page.get_by_role("button", name="Update totals").click()
    expect(page.locator("#totals")).to_contain_text("EUR 288.69")
    page.get_by_role("button", name="Save draft").first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Draft")
    page.get_by_role("button", name="Issue invoice").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("INV-")

    assert desk.complaints == []
    with in_company(office.company):
        assert str(Invoice.objects.get().total) == "EUR 288.69"
