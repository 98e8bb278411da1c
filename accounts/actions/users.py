"""Everything that changes a person's account. One function, one verb, one entry."""

from datetime import datetime

from django.contrib.auth.hashers import make_password
from django.db import transaction

from accounts import events, locks
from accounts.actions import proofs
from accounts.errors import EmailAlreadyUsed
from accounts.models import User
from accounts.models.user import normalise_email
from accounts.queries.memberships import home_company_id
from audit import log
from audit.actors import Actor


@transaction.atomic
def create(*, email: str, name: str, password: str, by: Actor, at: datetime) -> User:
    """Give a person an account. One address, one account, whatever its capitals."""
    if User.objects.filter(email=normalise_email(email)).exists():
        raise EmailAlreadyUsed(f"{email} already has an account. Add that person to the company instead.")
    user = User.objects.create_user(email, password, name=name, at=at)
    log.record(events.USER_CREATED, target=user, by=by, at=at)
    return user


def change_password(*, user: User, current: str, new: str, by: Actor, at: datetime) -> User:
    """Replace the password of a person who proves to know the old one. It ends their other sessions."""
    proofs.confirm_password(user=user, password=current, by=by, at=at)
    hashed = make_password(new)  # slow by intent, so before other writers have to wait for this transaction
    with transaction.atomic():
        user = locks.user(user.pk)
        user.password = hashed
        user.save(update_fields=["password"])
        log.record(events.USER_PASSWORD_CHANGED, target=user, by=by, at=at, company_id=home_company_id(user))
    return user
