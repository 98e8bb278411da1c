"""Plain functions that make one valid record each. Say what the test is about; the rest is supplied."""

import base64
import itertools
from datetime import UTC, datetime
from typing import Any

from django_otp.oath import totp

from accounts import passkeys
from accounts.access import Access
from accounts.actions.members import role_fields
from accounts.models import Company, Membership, Role, TotpDevice, User
from accounts.models.device import DIGITS, STEP_SECONDS
from audit.actors import Actor
from tests.authenticators import Device

AT = datetime(2026, 3, 12, 12, 0, tzinfo=UTC)
BY = Actor.operator("tests")
PASSWORD = "seven quiet lanterns at dusk"

_numbers = itertools.count(1)


def user(email: str = "", *, name: str = "Ada Lovelace", password: str = PASSWORD, **fields: Any) -> User:
    """A person who can sign in."""
    made = User.objects.create_user(email or f"person{next(_numbers)}@example.com", password, name=name, at=AT)
    for field, value in fields.items():
        setattr(made, field, value)
    made.save()
    return made


def company(name: str = "Harbour Works", *, time_zone: str = "Europe/Berlin") -> Company:
    """A company and nothing in it."""
    return Company.objects.create(name=name, time_zone=time_zone, created_at=AT)


a_company, a_user = company, user


def role(company: Company, *permissions: str, name: str = "Clerk", limits: Any = None) -> Role:
    """A role of the company's own."""
    return Role.objects.create(
        company=company, name=name, permissions=sorted(permissions), limits=limits or {}, created_at=AT
    )


def member(
    role: str | Role = "administrator",
    *,
    company: Company | None = None,
    user: User | None = None,
    restriction: str = "none",
    **fields: Any,
) -> Membership:
    """A person in a company, as a built-in role or one of its own."""
    return Membership.objects.create(
        company=company or a_company(),
        user=user or a_user(),
        **role_fields(role),
        restriction=restriction,
        created_at=AT,
        last_seen_at=AT,
        **fields,
    )


def access(
    role: str | Role = "administrator", *, company: Company | None = None, restriction: str = "none", **fields: Any
) -> Access:
    """What a member with that role may do."""
    membership = member(role, company=company, restriction=restriction, **fields)
    return Access.of(membership, Actor.member(membership.user))


def authenticator(user: User) -> TotpDevice:
    """An authenticator app in use, which has shown no code yet."""
    return TotpDevice.objects.create(user=user, name="Authenticator app", confirmed=True)


def passkey(user: User, name: str = "Laptop") -> Device:
    """A device that holds a passkey of this person."""
    device, offer = Device(), passkeys.creation_options(user)
    made = passkeys.verify_creation(user, offer.state, device.make(offer.options))
    made.name = name
    made.save()
    return device


def code(device: TotpDevice, *, steps: int = 0) -> str:
    """What the app shows now, or some steps of 30 seconds away."""
    key = base64.b32decode(device.seed)
    return f"{totp(key, step=STEP_SECONDS, digits=DIGITS, drift=steps):0{DIGITS}}"
