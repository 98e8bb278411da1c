"""Everything that changes a person's account. One function, one verb, one entry."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction

from accounts import events
from accounts.actions import new_passwords
from accounts.errors import EmailAlreadyUsed
from accounts.models import User
from accounts.models.user import normalise_email
from audit import log
from audit.actors import Actor


def create(*, email: str, name: str, password: str, by: Actor, at: datetime, about: Iterable[str] = ()) -> User:
    """Give a person an account. One address, one account, whatever its capitals; `about` must not make the password."""
    user = prepare(email=email, name=name, password=password, at=at, about=about)
    return add(user=user, by=by, at=at)


def prepare(*, email: str, name: str, password: str, at: datetime, about: Iterable[str] = ()) -> User:
    """The account a person is to have, with a password that keeps every rule. Slow: call it outside a transaction."""
    user = User(email=normalise_email(email), name=name, created_at=at)
    _refuse_used(user)
    user.password = new_passwords.accept(password, user=user, about=about)
    return user


@transaction.atomic
def add(*, user: User, by: Actor, at: datetime, company_id: UUID | None = None) -> User:
    """Store a prepared account. `company_id` is the company that sees it in its log, if it is for one."""
    _refuse_used(user)
    try:
        with transaction.atomic():
            user.save(force_insert=True)
    except IntegrityError:
        _refuse_used(user)
        raise
    log.record(events.USER_CREATED, target=user, by=by, at=at, company_id=company_id)
    return user


def _refuse_used(user: User) -> None:
    if User.objects.filter(email=user.email).exists():
        raise EmailAlreadyUsed(f"{user.email} already has an account. Add that person to the company instead.")
