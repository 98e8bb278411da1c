import pytest
from django.urls import reverse
from django.utils import timezone

from portal.actions import links
from tests import books
from tests.visitors import Browser


@pytest.fixture
def online(settings):
    """A demo, where the sandbox gateway takes payments."""
    settings.DEMO = True


@pytest.fixture
def ana(acme):
    """A contact at Acme."""
    return books.contact(acme, "Ana")


@pytest.fixture
def invoice(acme, ana):
    """Acme owes 100.00 EUR."""
    return books.issued(acme)


@pytest.fixture
def visit(invoice, ana):
    """Ana's browser, in which she has opened the link to the invoice."""
    return opened(invoice, ana.email)


def address_of(invoice, recipient="ana@customer.example"):
    """The path of a new link to the invoice."""
    made = links.create(invoice=invoice, recipient=recipient, by=books.BY, at=timezone.now())
    return made.removeprefix("https://testserver")


def opened(invoice, recipient="ana@customer.example", browser=None):
    """A browser that has opened a new link to the invoice."""
    browser = browser or Browser()
    response = browser.post(address_of(invoice, recipient))
    assert response.url == reverse("portal:invoice", args=[invoice.pk])
    return browser
