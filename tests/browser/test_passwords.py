"""Choosing a password as people do it: watching how well it stands, and by letter when it is forgotten."""

import re

import pytest
from django.core import mail
from playwright.sync_api import expect

from accounts.models import Session
from tests import make
from tests.browser.desk import sign_in
from tests.queue import work

NEW = "nine patient herons by the weir"


@pytest.fixture
def mailed(desk, office):
    """A window in which the link of the letter is open."""

    def open_link(**options):
        window = desk.window(**options)
        window.goto("/sign-in/forgot/")
        window.get_by_label("E-mail address").fill(office.ada.email)
        window.get_by_role("button", name="Mail me a link").click()
        expect(window.get_by_role("heading", name="Look into your mailbox")).to_be_visible()
        work()
        window.goto(re.search(r"/sign-in/reset/\S+", mail.outbox[-1].body)[0])
        return window

    return open_link


def test_a_password_is_judged_while_it_is_typed_and_shown_on_request(desk, office):
    window = desk.window()
    sign_in(window, office.ada.email, office.device)
    window.goto("/settings/security/password/")
    field, judged = window.get_by_label("New password"), window.get_by_role("status")

    field.press_sequentially("Harbour2026!")
    expect(judged).to_contain_text("Use at least 15 characters; it has 12.")
    field.fill("correcthorsebatterystaple")
    expect(judged).to_contain_text("known from break-ins")
    field.fill(NEW)
    expect(judged).to_have_text("Hard to guess.")
    field.fill("")
    expect(judged).to_be_hidden()

    field.fill(NEW)
    expect(judged).to_have_text("Hard to guess.")
    expect(field).to_have_attribute("type", "password")
    window.get_by_role("button", name="Show the password").last.click()
    expect(field).to_have_attribute("type", "text")
    expect(field).to_have_value(NEW)

    window.get_by_label("Current password").fill(make.PASSWORD)
    window.get_by_role("button", name="Change password").click()
    expect(window.get_by_text("Your password is changed.")).to_be_visible()
    assert desk.complaints == []


@pytest.mark.parametrize("script", [True, False], ids=["with JavaScript", "without"])
def test_a_forgotten_password_is_replaced_by_letter_and_signs_nobody_in(desk, office, mailed, script):
    window = mailed(java_script_enabled=script)

    window.get_by_label("New password").fill("Ada Harbour 2026!!")
    window.get_by_role("button", name="Save new password").click()
    expect(window.get_by_role("alert")).to_contain_text("mostly your name")
    window.get_by_label("New password").fill(NEW)
    window.get_by_role("button", name="Save new password").click()
    expect(window.get_by_role("heading", name="Your password is changed")).to_be_visible()

    assert not Session.objects.filter(user=office.ada).exists()
    window.get_by_role("link", name="Sign in").click()
    expect(window.get_by_role("heading", name="Sign in")).to_be_visible()
    assert desk.complaints == []
