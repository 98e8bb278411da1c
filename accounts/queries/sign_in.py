"""Whose an address is, as far as signing in asks: one query, whether it is somebody's or nobody's."""

from dataclasses import dataclass
from uuid import UUID

from django.db.models import Count, Exists, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from accounts.models import KnownDevice, Membership, Passkey, TotpDevice, User
from accounts.models.user import normalise_email
from security.tokens import token_hash

NOBODY = User(id=UUID(int=0), name="an account that does not exist")
"""Stands for whoever has an address that no account has, and for whoever did not know the password."""
NOBODY.set_unusable_password()


@dataclass(frozen=True, slots=True)
class Account:
    """A person, what signs them in, and whether the browser that asks is one they have used before."""

    user: User
    has_factor: bool = False
    company_id: UUID | None = None
    device_id: UUID | None = None
    devices: int = 0

    @property
    def is_open(self) -> bool:
        """Whether anything signs this person in: nothing does while the account is locked or was closed."""
        return self.user != NOBODY and self.user.is_active and not self.user.is_locked


def account_at(address: str, device_token: str | None) -> Account:
    """The account with an e-mail address, seen from the browser that holds a token."""
    return _account(User.objects.filter(email=normalise_email(address)), device_token)


def account_of(user_id: UUID, device_token: str | None) -> Account:
    """The account of a person, seen from the browser that holds a token."""
    return _account(User.objects.filter(pk=user_id), device_token)


def _account(users: QuerySet[User], device_token: str | None) -> Account:
    own = {"user": OuterRef("pk")}
    devices = KnownDevice.objects.filter(**own).order_by()
    user = users.annotate(
        has_app=Exists(TotpDevice.objects.filter(**own, confirmed=True)),
        has_passkey=Exists(Passkey.objects.filter(**own, confirmed=True)),
        home=Subquery(Membership.objects.live().filter(**own).values("company_id")[:1]),
        device=Subquery(devices.filter(token_hash=token_hash(device_token or "")).values("pk")),
        devices=Coalesce(Subquery(devices.values("user").annotate(count=Count("pk")).values("count")), 0),
    ).first()
    if user is None:
        return Account(NOBODY)
    return Account(user, user.has_app or user.has_passkey, user.home, user.device, user.devices)
