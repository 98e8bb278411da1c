"""Whoever steals a copy of the database, or the logs, can sign in with nothing they find there."""

import base64
import logging
import re

import pytest
from django.core import mail
from django.urls import reverse

from accounts.models import TotpDevice
from accounts.scoping import in_company
from portal.actions import links
from tests import books, make, visitors
from tests.database import contents
from tests.queue import work
from tests.visitors import Browser

NEW_PASSWORD = "eleven patient ferries under glass"
TOKEN = re.compile(r"https://testserver/\S+?/([\w-]{30,})/")


@pytest.fixture
def secrets(db, caplog):
    """Everything that lets somebody in, seen where only its owner sees it, with the logs written on the way."""
    caplog.set_level(logging.DEBUG)
    company = visitors.company()
    ada = make.member(company=company, user=make.user("ada@example.com")).user
    browser, seen = Browser(), {"the password": make.PASSWORD, "the new password": NEW_PASSWORD}

    sign_in(browser, make.PASSWORD)
    seen["the key of the first session"] = cookie(browser, "session")
    seen["the token of the known browser"] = cookie(browser, "device")

    browser.post(reverse("accounts:security_authenticator_start"), {"name": "Telephone"})
    device = TotpDevice.objects.get(user=ada)
    shown = browser.post(reverse("accounts:security_authenticator_confirm"), {"code": make.code(device)})
    codes = re.findall(r"<li>((?:[A-Z2-7]{4}-){3}[A-Z2-7]{4})</li>", shown.content.decode())
    assert len(codes) == 10
    seen["the seed"] = device.seed
    seen["the seed as bytes"] = base64.b32decode(device.seed).hex()
    for place, code in enumerate(codes):
        seen |= {f"recovery code {place}": code, f"recovery code {place} as typed": code.replace("-", "")}
    seen["the key after the set-up"] = cookie(browser, "session")

    browser.post(reverse("accounts:email_change"), {"new_email": "ada@elsewhere.example"})
    browser.post(reverse("accounts:sign_out"))
    sign_in(browser, make.PASSWORD)
    browser.post(reverse("accounts:sign_in_code"), {"code": codes[0]})
    assert browser.get(reverse("accounts:security")).status_code == 200
    seen["the key of the second session"] = cookie(browser, "session")

    browser.post(reverse("accounts:forgot_password"), {"email": "ada@example.com"})
    work()
    tokens = {token for letter in mail.outbox for token in TOKEN.findall(letter.body)}
    reset = next(token for letter in mail.outbox for token in re.findall(r"/sign-in/reset/([\w-]+)/", letter.body))
    assert len(tokens) >= 5
    seen |= {f"token {place} of a letter": token for place, token in enumerate(sorted(tokens))}
    Browser().post(reverse("accounts:reset_password", args=[reset]), {"new": NEW_PASSWORD})

    with in_company(company):
        address = links.create(
            invoice=books.issued(books.customer(company)), recipient="ana@acme.example", by=books.BY, at=books.AT
        )
    seen["the token of a customer's link"] = address.rsplit("/", 2)[-2]
    return seen | {"logs": caplog.text}


def test_a_copy_of_the_database_opens_nothing(secrets):
    logs, everything = secrets.pop("logs"), contents()

    assert [name for name, secret in secrets.items() if secret in everything] == []
    assert [name for name, secret in secrets.items() if secret in logs] == []


def test_the_search_would_find_what_lies_open(secrets):
    assert "ada@example.com" in contents()


def sign_in(browser, password):
    return browser.post(reverse("accounts:sign_in"), {"email": "ada@example.com", "password": password})


def cookie(browser, name):
    return browser.cookies[f"__Host-{name}"].value
