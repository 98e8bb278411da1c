"""A real browser at a real server. The server speaks plain http here, so what only https allows is switched off."""

import os
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.test import override_settings
from playwright.sync_api import sync_playwright
from pytest_django.live_server_helper import LiveServer

from accounts.scoping import in_company
from tests import books, make, visitors
from tests.browser.desk import Desk

HERE = Path(__file__).parent
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PLAIN_HTTP = {
    "SECURE_SSL_REDIRECT": False,
    "SECURE_HSTS_SECONDS": 0,
    "SESSION_COOKIE_SECURE": False,
    "SESSION_COOKIE_NAME": "session",
    "CSRF_COOKIE_SECURE": False,
    "CSRF_COOKIE_NAME": "csrf",
    "ALLOWED_HOSTS": ["localhost"],
    "OTP_WEBAUTHN_RP_ID": "localhost",
}


def pytest_collection_modifyitems(config, items):
    """One server and one browser are enough: with several processes all of this runs in one of them."""
    if config.pluginmanager.hasplugin("xdist"):
        for item in items:
            if item.path.is_relative_to(HERE):
                item.add_marker(pytest.mark.xdist_group("browser"))


@pytest.fixture(scope="package")
def server(django_db_setup):
    """Reads the settings when it starts, so they are changed around it and not for a single test."""
    with override_settings(**PLAIN_HTTP):
        running = LiveServer("localhost")
        yield running
        running.stop()


@pytest.fixture(scope="package")
def browser(chromium):
    """Chromium, driven by Playwright, whose event loop would make Django refuse every query of the tests."""
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        patch.setitem(os.environ, "DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        started = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        yield started
        started.close()


@pytest.fixture
def desk(server, browser, transactional_db, settings, tmp_path):
    """A place to open windows at, each watched for what the browser complains about."""
    settings.SITE_URL, settings.DEMO, settings.EMAIL_FILE_PATH = server.url, True, tmp_path
    settings.OTP_WEBAUTHN_ALLOWED_ORIGINS = [server.url]
    sat_at = Desk(browser, server.url)
    yield sat_at
    sat_at.leave()


@pytest.fixture
def office(desk):
    """Ada with her authenticator app, and Acme, where Ana receives the invoices."""
    company = visitors.company("Harbour")
    ada = visitors.member(company, "administrator", "Ada").user
    ada.set_password(make.PASSWORD)
    ada.save()
    with in_company(company):
        acme = books.customer(company, "Acme")
        ana = books.contact(acme, "Ana")
        books.tax_rate(company, "19", "VAT")
        books.tax_rate(company, "7", "Reduced VAT")
        books.item(company, "Harbour pilot", unit_price=Decimal("120"), unit="hour")
    return SimpleNamespace(company=company, ada=ada, device=make.authenticator(ada), acme=acme, ana=ana)
