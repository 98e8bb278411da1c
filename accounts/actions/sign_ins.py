"""Signing in, in one or two steps, and out. A try leaves an entry, good or bad; those refused as too many leave one."""

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from django.contrib.auth import authenticate
from django.db import transaction

from accounts import events
from accounts.actions import proofs
from accounts.errors import SignInRefused
from accounts.models import User
from accounts.models.user import normalise_email
from accounts.queries.factors import has_second_factor
from accounts.queries.memberships import home_company_id
from audit import log
from audit.actors import Actor
from security import ratelimit

REFUSAL = "This e-mail address and password do not belong together. Check both and try again."
NOBODY = User(id=UUID(int=0), name="an account that does not exist")


def with_password(*, email: str, password: str, by: Actor, at: datetime) -> User:
    """The person whose address and password these are. `by` is a visitor: nobody is known yet.

    Whoever guesses learns nothing about which accounts exist: the same sentence, one password hash
    and the same count of tries for each.
    """
    key = (normalise_email(email), by.ip)
    proofs.count_try(ratelimit.SIGN_IN, *key, of=lambda: _meant(email), by=by, at=at)
    user = authenticate(None, email=email, password=password)
    if not isinstance(user, User):
        _record_failure(email, by, at)
        raise SignInRefused(REFUSAL)
    ratelimit.clear(ratelimit.SIGN_IN, *key)
    event = events.USER_PASSWORD_ACCEPTED if has_second_factor(user) else events.USER_SIGNED_IN
    person = replace(by, type="member", id=str(user.pk), label=str(user))
    with transaction.atomic():
        log.record(event, target=user, by=person, at=at, company_id=home_company_id(user), method="a password")
    return user


def with_code(*, user: User, code: str, by: Actor, at: datetime) -> None:
    """Finish signing in with a code from the authenticator app, or with a recovery code."""
    method = proofs.confirm_code(user=user, code=code, by=by, at=at)
    with transaction.atomic():
        log.record(events.USER_SIGNED_IN, target=user, by=by, at=at, company_id=home_company_id(user), method=method)


@transaction.atomic
def end(*, user: User, by: Actor, at: datetime) -> None:
    """Note that a person signed out; the caller ends the session."""
    log.record(events.USER_SIGNED_OUT, target=user, by=by, at=at, company_id=home_company_id(user))


@transaction.atomic
def _record_failure(email: str, by: Actor, at: datetime) -> None:
    user = _meant(email)
    log.record(
        events.USER_SIGN_IN_FAILED, target=user, by=by, at=at, company_id=home_company_id(user), outcome="failure"
    )


def _meant(email: str) -> User:
    return User.objects.filter(email=normalise_email(email)).first() or NOBODY
