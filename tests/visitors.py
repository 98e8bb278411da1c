"""People who open pages: members of a company, each with a browser."""

from copy import deepcopy
from datetime import datetime
from typing import Any

from django.test import Client
from django.utils import timezone

from accounts.access import Access
from accounts.actions.members import role_fields
from accounts.models import Company, Membership, Role, Session, User
from accounts.models.session import Proof
from accounts.queries.factors import kinds_of
from accounts.roles import SEES_OWN_CUSTOMERS_ONLY
from accounts.session_store import KIND
from audit.actors import Actor
from security.visits import key_hash
from tests.books import AT


class Browser(Client):
    """A client that speaks HTTPS, as the settings demand. A copy has the same cookies, and goes its own way."""

    def __deepcopy__(self, memo: dict[int, Any]) -> "Browser":
        made = Browser()
        made.cookies, made.defaults = deepcopy(self.cookies), dict(self.defaults)
        return made

    def request(self, **request: Any) -> Any:
        return super().request(**(request | {"wsgi.url_scheme": "https", "SERVER_PORT": "443"}))


def company(name: str = "Ledger", time_zone: str = "UTC") -> Company:
    return Company.objects.create(name=name, time_zone=time_zone, created_at=AT)


def member(of: Company, role: str | Role = "administrator", name: str = "Ada", **fields: Any) -> Membership:
    """A person in a company, as a built-in role or one of its own."""
    restriction = "owner" if role in SEES_OWN_CUSTOMERS_ONLY else "none"
    user = User.objects.create_user(f"{name.lower()}@{of.name.lower()}.example", name=name, at=AT)
    given = role_fields(role) | {"restriction": restriction} | fields
    return Membership.objects.create(company=of, user=user, created_at=AT, last_seen_at=AT, **given)


def access(membership: Membership) -> Access:
    return Access.of(membership, Actor.member(membership.user))


def browser(membership: Membership) -> Browser:
    """A browser in which this member has just signed in, with all that their account demands."""
    visitor = Browser()
    sign_in(visitor, membership)
    return visitor


def sign_in(browser: Client, membership: Membership, *, at: datetime | None = None) -> Session:
    """What `sessions.begin` leaves, without the pages that lead there."""
    at, user = at or timezone.now(), membership.user
    browser.force_login(user)
    row = Session.objects.get(key_hash=key_hash(KIND, browser.session.session_key))
    row.company, row.role, row.started_at, row.seen_at = membership.company, membership.role_key, at, at
    row.proofs = {Proof.PASSWORD: at.isoformat()}
    if kinds := kinds_of(user):
        row.proofs[Proof.PASSKEY if kinds.passkey else Proof.APP] = at.isoformat()
    row.save()
    Membership.objects.filter(pk=membership.pk).update(last_seen_at=at)
    return row
