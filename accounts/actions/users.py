"""Everything that changes a person's account. One function, one verb, one entry."""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction

from accounts import events
from accounts.actions import new_passwords
from accounts.errors import EmailAlreadyUsed
from accounts.models import User
from accounts.models.user import normalise_email
from audit import log
from audit.actors import Actor


def create(*, email: str, name: str, password: str, by: Actor, at: datetime, about: Iterable[str] = ()) -> User:
    """Give a person an account. One address, one account, whatever its capitals; `about` must not make the password."""
    user = User(email=normalise_email(email), name=name, created_at=at)
    if User.objects.filter(email=user.email).exists():
        raise EmailAlreadyUsed(f"{email} already has an account. Add that person to the company instead.")
    user.password = new_passwords.accept(password, user=user, about=about)
    with transaction.atomic():
        user.save(force_insert=True)
        log.record(events.USER_CREATED, target=user, by=by, at=at)
    return user
