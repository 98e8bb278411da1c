"""Takes the pictures of these pages from a running demo: `.venv/bin/python docs/screenshots/make.py var/demo.json`."""

import json
import subprocess
import sys
from io import BytesIO
from pathlib import Path
from urllib.parse import urlsplit

from PIL import Image
from playwright.sync_api import Page, sync_playwright

HERE = Path(__file__).parent
WIDTH, HEIGHT = 1440, 900
COLOURS = 256
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-sync"]


def main(signposts: str) -> None:
    demo = json.loads(Path(signposts).read_text())
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=ARGUMENTS)
        size = {"width": WIDTH, "height": HEIGHT}
        staff = chromium.new_page(base_url=demo["url"], viewport=size, color_scheme="light")
        customer = chromium.new_page(base_url=demo["url"], viewport=size, color_scheme="light")
        sign_in(staff, next(member for member in demo["members"] if not member["totp_secret"]))
        shoot(staff, "dashboard")
        write_invoice(staff)
        shoot(staff, "invoice-editor")
        open_link(customer, demo["portal_link"])
        shoot(customer, "portal")
        number = customer.get_by_role("heading", level=1).inner_text().split()[1]
        document = open_invoice(staff, number)
        shoot(staff, "invoice")
        keep(first_page(document), "pdf")
        chromium.close()


def sign_in(page: Page, member: dict[str, str]) -> None:
    page.goto("/")
    page.get_by_label("E-mail address").fill(member["email"])
    page.get_by_label("Password", exact=True).fill(member["password"])
    page.get_by_role("button", name="Continue").click()
    page.wait_for_url(lambda url: urlsplit(url).path == "/")


def write_invoice(page: Page) -> None:
    """Two lines from the catalogue, a discount on one of them and one on the whole."""
    page.goto("/invoices/new/")
    page.locator("input#id_customer_text").click()
    page.locator(".combobox-option").nth(3).click()
    for index, (item, quantity, discount) in enumerate([("Copy", "12", ""), ("Task", "3", "10%")]):
        if index:
            page.get_by_role("button", name="Add line").click()
        line = page.locator("[data-line]").nth(index)
        line.get_by_label("Item or description").press_sequentially(item)
        page.locator(".combobox-option:visible").first.click()
        line.get_by_label("Quantity").fill(quantity)
        line.get_by_label("Discount").fill(discount)
    page.get_by_text("Discounts and charges on the whole invoice").click()
    page.get_by_role("button", name="Add discount or charge").click()
    page.get_by_label("Called").fill("Loyalty discount")
    page.get_by_label("Percent or amount").fill("5%")
    page.get_by_label("Percent or amount").blur()
    page.locator("#totals .grand").wait_for()
    page.wait_for_load_state("networkidle")
    page.evaluate("window.scrollTo(0, 0)")


def open_link(page: Page, address: str) -> None:
    page.goto(address)
    page.get_by_role("button", name="Open the document").click()
    page.wait_for_url("**/portal/**")


def open_invoice(page: Page, number: str) -> bytes:
    """The page of an invoice on the team's side; returns its document."""
    page.goto(f"/invoices/?q={number}")
    page.get_by_role("link", name=number).first.click()
    page.wait_for_url("**/invoices/*-*/")
    return page.request.get(f"{page.url}pdf/").body()


def first_page(document: bytes) -> bytes:
    command = ["pdftoppm", "-png", "-r", "110", "-f", "1", "-l", "1", "-"]
    shown = subprocess.run(command, input=document, capture_output=True, check=True)  # noqa: S603  our own command
    return shown.stdout


def shoot(page: Page, name: str) -> None:
    page.evaluate("document.fonts.ready")
    keep(page.screenshot(), name)


def keep(picture: bytes, name: str) -> None:
    """As small as a picture of a page can be: few colours, well packed."""
    few = Image.open(BytesIO(picture)).convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
    few.save(HERE / f"{name}.png", optimize=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
