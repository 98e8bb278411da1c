"""Everybody who might open a page, each at a browser."""

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

from django.urls import reverse
from django.utils import timezone

from accounts.models import ApiKey, Company, Membership, Role, Session
from security.tokens import new_token, token_hash
from tests import books, make, visitors
from tests.access.routes import all_routes
from tests.visitors import Browser


def member(company: Company, role: str | Role, name: str, **fields: Any) -> Membership:
    """A person in the company, who knows their password."""
    membership = visitors.member(company, role, name, **fields)
    membership.user.set_password(make.PASSWORD)
    membership.user.save()
    return membership


def everybody(world: SimpleNamespace) -> dict[str, Browser]:
    """Everybody in the columns of the matrix. Call it while the clock stands still: what is fresh then stays so."""
    company = world.company
    return {
        "anonymous": Browser(),
        "administrator": visitors.browser(member(company, "administrator", "Ada")),
        "employee": visitors.browser(member(company, "employee", "Bo")),
        "owner": visitors.browser(world.owner),
        "manager": visitors.browser(member(company, "account_manager", "Max")),
        "read_only": visitors.browser(member(company, "read_only", "Rea")),
        "nothing": visitors.browser(member(company, make.role(company, name="Nothing"), "Nora")),
        "fields": fields(world),
        "ended": ended(company),
        "rival": visitors.browser(member(world.rival.company, "administrator", "Riva")),
        "half": half(company),
        "bare": bare(company),
        "stale": stale(company),
        "key": key(company),
        "customer": visit(world.owned.tokens["portal:link"]),
        "other": visit(world.other.tokens["portal:link"]),
    }


def fields(world: SimpleNamespace) -> Browser:
    """An employee kept to the customers with a value in a field: among them the other customer, not the owner's."""
    field, value = world.other.custom_field, world.other.customer.number
    kept = {"restriction": "fields", "field_values": {str(field.pk): [value]}}
    return visitors.browser(member(world.company, "employee", "Fia", **kept))


def ended(company: Company) -> Browser:
    """Somebody who was an administrator when they signed in, and whose membership has ended since."""
    membership = member(company, "administrator", "Enid")
    browser = visitors.browser(membership)
    Membership.objects.filter(pk=membership.pk).update(revoked_at=timezone.now())
    return browser


def key(company: Company) -> Browser:
    """A program with a key that may everything a key can, made by an administrator."""
    token = new_token()
    maker = member(company, "administrator", "Kay")
    ApiKey.objects.create(
        company=company,
        membership=maker,
        name="Screen",
        hint=token[:12],
        key_hash=token_hash(token),
        permissions=sorted({one.guard for one in all_routes() if one.by_key and "." in one.guard}),
        created_at=books.AT,
        expires_at=timezone.now() + timedelta(days=30),
    )
    return Browser(headers={"Authorization": f"Bearer {token}"})


def half(company: Company) -> Browser:
    """An administrator with a second factor, in a session that shows none: no page leaves such a one behind."""
    membership = member(company, "administrator", "Half")
    browser = visitors.browser(membership)
    make.authenticator(membership.user)
    return browser


def bare(company: Company) -> Browser:
    """An administrator here, without a second factor, of whom another company demands one from today on."""
    membership = member(company, "administrator", "Bare")
    strict = Company.objects.create(
        name="Strict",
        time_zone="UTC",
        created_at=books.AT,
        second_factor="required",
        policy_since=books.AT,
        grace_days=0,
    )
    Membership.objects.create(company=strict, user=membership.user, role="read_only", created_at=books.AT)
    return visitors.browser(membership)


def stale(company: Company) -> Browser:
    """An administrator who showed a second factor, a moment too long ago."""
    browser, membership = Browser(), member(company, "administrator", "Stella")
    make.authenticator(membership.user)
    row = visitors.sign_in(browser, membership)
    shown = timezone.now() - timedelta(minutes=5, seconds=1)
    Session.objects.filter(pk=row.pk).update(proofs=dict.fromkeys(row.proofs, shown.isoformat()))
    return browser


def visit(token: str) -> Browser:
    """A browser in which a customer has opened the link of an invoice."""
    browser = Browser()
    assert browser.post(reverse("portal:link", args=[token])).status_code == 302
    return browser
