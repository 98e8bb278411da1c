"""Every main page in a real browser: it fits a phone, and a screen reader can make sense of it."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import reverse
from django.utils import timezone

from accounts.scoping import in_company
from audit import sealing
from audit.models import BillingEvent
from billing.models import Contact
from portal.actions import links
from tests import books
from tests.access.world import reading_of
from tests.browser.desk import sign_in

GRAVE = {"serious", "critical"}
EVERYTHING = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
COLOURS = {"runOnly": {"type": "rule", "values": ["color-contrast"]}}
# In the dark only the colours are others.
SCHEMES = [("light", EVERYTHING), ("dark", COLOURS)]


@pytest.fixture
def addresses(office):
    """The main pages of the team's side, with something on each."""
    with in_company(office.company):
        return pages(office) + pages_of_the_logs(office)


@pytest.mark.parametrize("width", [360, 768])
def test_the_whole_of_every_page_fits_a_small_screen(desk, office, addresses, width):
    page = desk.window(viewport={"width": width, "height": 740})
    sign_in(page, office.ada.email, office.device)

    wide = []
    for address in addresses:
        page.goto(address)
        across = page.evaluate("document.documentElement.scrollWidth")
        if across > width:
            wide.append(f"{address} is {across} wide")

    assert wide == []
    assert desk.complaints == []


@pytest.mark.parametrize(("scheme", "rules"), SCHEMES, ids=["light", "dark"])
def test_every_page_is_accessible(desk, office, addresses, scheme, rules):
    """What axe calls serious or critical, in both colour schemes. It is let in past the content policy."""
    page = desk.window(bypass_csp=True, color_scheme=scheme)
    found = faults(page, "/sign-in/", rules)
    sign_in(page, office.ada.email, office.device)
    for address in addresses:
        found += faults(page, address, rules)
    assert found == []


@pytest.mark.parametrize(("scheme", "rules"), SCHEMES, ids=["light", "dark"])
def test_the_customers_pages_are_accessible(desk, office, scheme, rules):
    page = desk.window(bypass_csp=True, color_scheme=scheme)
    with in_company(office.company):
        invoice = books.issued(office.acme)
        link = links.create(invoice=invoice, recipient=office.ana.email, by=books.BY, at=desk.now)
    found = faults(page, link, rules)
    page.get_by_role("button", name="Open the document").click()
    page.wait_for_url("**/portal/**")
    found += faults(page, reverse("portal:invoice", args=[invoice.pk]), rules)
    found += faults(page, reverse("portal:pay", args=[invoice.pk]), rules)
    assert found == []


def faults(page, address, rules):
    page.goto(address)
    results = Axe().run(page, options=rules).response["violations"]
    return [
        f"{address}: {fault['id']}, {node['html'][:160]}"
        for fault in results
        if fault["impact"] in GRAVE
        for node in fault["nodes"]
    ]


def pages(office) -> list[str]:
    """The main pages of the team's side, with something on each."""
    invoice = books.issued(office.acme)
    payment = books.paid(invoice, "20")
    draft = books.draft(office.acme)
    contact = Contact.objects.get()
    return [
        "/",
        "/invoices/",
        "/invoices/new/",
        f"/invoices/{invoice.pk}/",
        f"/invoices/{draft.pk}/edit/",
        f"/invoices/{invoice.pk}/void/",
        f"/invoices/{invoice.pk}/links/",
        "/payments/",
        f"/payments/new/?invoice={invoice.pk}",
        f"/payments/{payment.pk}/",
        "/customers/",
        "/customers/new/",
        f"/customers/{office.acme.pk}/",
        f"/contacts/{contact.pk}/edit/",
        "/items/",
        "/items/new/",
        "/tax-rates/",
        "/settings/company/",
        "/settings/team/",
        "/settings/security/",
        f"/audit/history/invoice/{invoice.pk}/",
        "/mailbox/",
    ]


def pages_of_the_logs(office) -> list[str]:
    """Every page about the logs, with something on each: what there is so far is sealed."""
    [ada] = office.company.memberships.filter(user=office.ada)
    found = reading_of(ada)
    sealing.turn(timezone.now())
    entry, person = BillingEvent.objects.latest("at", "pk"), f"/audit/people/member/{office.ada.pk}/"
    views = [f"/audit/{log}/views/{getattr(found, f'{log}_view').pk}/" for log in ("billing", "security")]
    stream = [f"/settings/logs/stream/{act}/" for act in ("new", "address", "secret", "pause", "remove")]
    return [
        *("/audit/billing/", "/audit/billing/?type=invoice&who=tests", "/audit/security/", *views),
        *(f"/audit/billing/{entry.pk}/", f"/audit/security/{found.security_entry.pk}/"),
        *(person, f"{person}security/", "/audit/exports/"),
        *("/audit/state/", "/audit/state/checkpoints/", "/audit/consistency/", "/log/"),
        *("/settings/logs/", "/settings/alerts/", "/settings/logs/retention/", "/settings/logs/stream/", *stream),
        *("/settings/logs/erase/?q=Ada", f"/settings/logs/erase/user/{office.ada.pk}/"),
    ]
