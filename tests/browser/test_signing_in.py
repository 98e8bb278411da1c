"""Signing in as people do it: with an app, without it, where a company demands it, and after losing it."""

import re
from datetime import timedelta
from types import SimpleNamespace

import pyotp
import pytest
from django.core import mail
from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts.models import Company, FactorReset, Session
from accounts.scoping import in_company
from invoiced import schedules
from tests import books, make, visitors
from tests.browser.desk import give_password
from tests.queue import work


@pytest.fixture
def harbour(desk):
    """A company with two administrators, neither of whom has a second factor."""
    company = visitors.company("Harbour")
    with in_company(company):
        books.seller(company)
    return SimpleNamespace(company=company, ada=person(company, "Ada"), tove=person(company, "Tove"))


def person(company, name):
    user = visitors.member(company, "administrator", name).user
    user.set_password(make.PASSWORD)
    user.save()
    return user


def is_inside(page: Page) -> None:
    expect(page.get_by_role("heading", name="Home", level=1)).to_be_visible()


def set_up_app(page: Page) -> pyotp.TOTP:
    """From the page that asks for a name to the recovery codes; what the telephone has learned."""
    page.get_by_label("Name").fill("Telephone")
    page.get_by_role("button", name="Continue").click()
    app = pyotp.TOTP(page.locator(".code").first.inner_text().replace(" ", ""))
    page.get_by_label("Code").fill(app.now())
    page.get_by_role("button", name="Turn on").click()
    expect(page.get_by_role("heading", name="Keep these recovery codes")).to_be_visible()
    return app


def next_code(app: pyotp.TOTP) -> str:
    """The code after the one just used: no code counts twice, and a clock may be a step ahead."""
    return app.at(timezone.now(), counter_offset=1)


def give_code(page: Page, code: str) -> None:
    page.get_by_label("Code").fill(code)
    page.get_by_role("button", name="Sign in", exact=True).click()


def sign_out(page: Page) -> None:
    page.goto("/")
    page.locator(".side-foot summary").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


def grow_stale(user) -> None:
    then = (timezone.now() - timedelta(minutes=10)).isoformat()
    for row in Session.objects.filter(user=user):
        Session.objects.filter(pk=row.pk).update(proofs=dict.fromkeys(row.proofs, then))


def test_an_app_is_set_up_asked_for_and_stood_in_for_by_a_recovery_code(desk, harbour):
    page = desk.window()
    give_password(page, harbour.ada.email)
    is_inside(page)
    expect(page.get_by_text("Harbour advises a second factor")).to_be_visible()
    page.get_by_role("link", name="Set one up").click()
    page.get_by_role("link", name="Use an authenticator app").click()
    app = set_up_app(page)
    codes = page.locator(".recovery-codes li").all_inner_texts()
    sign_out(page)

    give_password(page, harbour.ada.email)
    give_code(page, "000000")
    expect(page.get_by_text("is not right")).to_be_visible()
    give_password(page, harbour.ada.email)
    give_code(page, next_code(app))
    is_inside(page)

    grow_stale(harbour.ada)
    page.goto("/settings/security/email/")
    expect(page.get_by_role("heading", name="Confirm that it is you")).to_be_visible()
    page.get_by_label("Code").fill(codes[0].lower())
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_label("New e-mail address")).to_be_visible()

    sign_out(page)
    give_password(page, harbour.ada.email)
    give_code(page, codes[0])
    expect(page.get_by_text("is not right")).to_be_visible()
    give_password(page, harbour.ada.email)
    give_code(page, codes[1])
    is_inside(page)
    expect(page.get_by_text("Codes left: 8")).to_be_visible()
    assert desk.complaints == []


def test_a_company_that_demands_a_factor_first_counts_the_days_then_shows_nothing_else(desk, harbour):
    Company.objects.update(second_factor="required", grace_days=7, policy_since=timezone.now())
    page = desk.window()
    give_password(page, harbour.ada.email)
    is_inside(page)
    expect(page.get_by_text("7 days")).to_be_visible()

    Company.objects.update(policy_since=timezone.now() - timedelta(days=9))
    page.goto("/invoices/")
    expect(page.get_by_role("heading", name="Set up a second factor")).to_be_visible()
    page.get_by_role("link", name="Use an authenticator app").click()
    set_up_app(page)

    page.goto("/invoices/")
    expect(page.get_by_role("heading", name="Invoices", level=1)).to_be_visible()
    assert desk.complaints == []


def test_a_lost_factor_is_given_up_with_consent_and_a_day_later(desk, harbour):
    make.authenticator(harbour.ada)
    ada, tove = desk.window(), desk.window()
    give_password(ada, harbour.ada.email)
    ada.get_by_role("link", name="Lost your second factor?").click()
    ada.get_by_role("button", name=re.compile("Ask")).click()
    expect(ada.get_by_role("heading", name="If your password was right, they are asked")).to_be_visible()
    work()

    give_password(tove, harbour.tove.email)
    is_inside(tove)
    tove.goto("/settings/team/")
    tove.get_by_role("link", name="Agree").click()
    tove.get_by_role("button", name="Agree to a fresh start").click()
    expect(tove.get_by_text("starts afresh in a day")).to_be_visible()
    work()
    assert any("fresh start" in letter.body for letter in mail.outbox if letter.to == [harbour.ada.email])

    give_password(ada, harbour.ada.email)
    give_code(ada, "000000")
    expect(ada.get_by_text("is not right")).to_be_visible()

    FactorReset.objects.update(due_at=timezone.now())
    schedules.run_due(timezone.now())
    give_password(ada, harbour.ada.email)
    is_inside(ada)
    assert desk.complaints == []


def test_after_signing_out_going_back_shows_nothing(desk, harbour):
    page = desk.window()
    give_password(page, harbour.ada.email)
    is_inside(page)
    page.goto("/settings/team/")
    sign_out(page)

    page.go_back()

    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    assert "Tove" not in page.content()
