"""Signing in through the pages, as a browser does it."""

import re

from django.utils.html import strip_tags

from audit.models import SecurityEvent
from tests import make

SIGN_IN = "/sign-in/"
CODE = "/sign-in/code/"
OWN_ACCOUNT = "/settings/security/"
SOURCE = "192.0.2.1"


def give_password(browser, email="ada@example.com", password=make.PASSWORD, source=SOURCE):
    return browser.post(SIGN_IN, {"email": email, "password": password}, REMOTE_ADDR=source)


def give_code(browser, code, source=SOURCE):
    return browser.post(CODE, {"code": code}, REMOTE_ADDR=source)


def sign_in(browser, code, **typed):
    """Both steps; the answer to the second."""
    assert give_password(browser, **typed).url.startswith(CODE)
    return give_code(browser, code)


def use_passkey(browser, device, page=SIGN_IN, **lies):
    """Answer the offer on a page as the browser's script does."""
    offer = browser.get(page).context["passkey"]
    return browser.post(page, {"passkey": device.use(offer.options, **lies), "passkey_state": offer.state})


def is_inside(browser):
    return browser.get(OWN_ACCOUNT).status_code == 200


def refusal(response):
    return response.context["refusal"]


def text(response):
    return re.sub(r"\s+", " ", strip_tags(response.content.decode()))


def entries():
    return [str(entry) for entry in SecurityEvent.objects.order_by("at", "id")]


def actions():
    return list(SecurityEvent.objects.order_by("at", "id").values_list("action", flat=True))
