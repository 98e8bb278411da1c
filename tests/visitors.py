"""People who open pages: members of a company, each with a browser."""

from typing import Any

from django.test import Client

from accounts.access import Access
from accounts.models import Company, Membership, User
from accounts.roles import SEES_OWN_CUSTOMERS_ONLY
from audit.actors import Actor
from tests.books import AT


class Browser(Client):
    """A client that speaks HTTPS, as the settings demand."""

    def request(self, **request: Any) -> Any:
        return super().request(**(request | {"wsgi.url_scheme": "https", "SERVER_PORT": "443"}))


def company(name: str = "Ledger", time_zone: str = "UTC") -> Company:
    return Company.objects.create(name=name, time_zone=time_zone, created_at=AT)


def member(of: Company, role: str = "administrator", name: str = "Ada") -> Membership:
    restriction = "owner" if role in SEES_OWN_CUSTOMERS_ONLY else "none"
    user = User.objects.create_user(f"{name.lower()}@{of.name.lower()}.example", name=name, at=AT)
    return Membership.objects.create(company=of, user=user, role=role, restriction=restriction, created_at=AT)


def access(membership: Membership) -> Access:
    return Access.of(membership, Actor.member(membership.user))


def browser(membership: Membership) -> Browser:
    """A browser in which this member is signed in."""
    visitor = Browser()
    visitor.force_login(membership.user)
    return visitor
