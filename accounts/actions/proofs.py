"""Proving to be the person: the password again, or a code. Guesses are counted before they are checked."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.db import transaction
from django_otp import verify_token

from accounts import events
from accounts.actions import recovery_codes
from accounts.errors import CodeRefused, PasswordRefused, TooManyTries
from accounts.models import TotpDevice, User
from accounts.models.device import DIGITS
from accounts.queries.factors import confirmed_device
from accounts.queries.memberships import home_company_id
from audit import log
from audit.actors import Actor
from audit.registry import EventType
from security import ratelimit
from security.ratelimit import Limit

CODE_REFUSAL = "This code is wrong, was used before, or is too old. Wait for the next one and type it again."
APP_CODE = "a password and an authenticator code"
RECOVERY_CODE = "a password and a recovery code"
CODE_LIMITS = (ratelimit.SECOND_FACTOR, ratelimit.SECOND_FACTOR_FROM_ANYWHERE)


def count_try(limit: Limit, *parts: str | None, of: Callable[[], User], by: Actor, at: datetime) -> None:
    """Use up one try, or refuse with how long to wait; the first refusal of a wait leaves an entry about `of`."""
    if ratelimit.take(limit, *parts, at=at):
        return
    minutes = limit.period.seconds // 60
    if ratelimit.is_first_refusal(limit, *parts):
        _record(events.TRIES_REFUSED, of(), by, at, outcome="refused", minutes=minutes)
    raise TooManyTries(f"Too many tries. Wait {minutes} minutes, then try again.")


def confirm_password(*, user: User, password: str, by: Actor, at: datetime) -> None:
    """Let only the person go on who knows the password."""
    count_try(ratelimit.CONFIRM_PASSWORD, str(user.pk), of=lambda: user, by=by, at=at)
    if not user.check_password(password):
        _record(events.PASSWORD_REFUSED, user, by, at, outcome="failure")
        raise PasswordRefused("This is not your current password. Type it again.")
    ratelimit.clear(ratelimit.CONFIRM_PASSWORD, str(user.pk))


def confirm_code(*, user: User, code: str, by: Actor, at: datetime) -> str:
    """Let only the person go on who holds the authenticator app or a recovery code; say which it was."""
    code = code.replace(" ", "")
    limits = CODE_LIMITS if len(code) == DIGITS else (ratelimit.RECOVERY_CODE,)
    _count_code(limits, user, by, at)
    method = _method(user, code, at)
    if method is None:
        raise _refusal(user, by, at)
    _clear(limits, user, by)
    return method


def confirm_new_app(*, user: User, device: TotpDevice, code: str, by: Actor, at: datetime) -> None:
    """Let only the person go on whose new authenticator app shows the right code. The code is then used."""
    _count_code(CODE_LIMITS, user, by, at)
    if verify_token(user, device.persistent_id, code.replace(" ", "")) is None:
        raise _refusal(user, by, at)
    _clear(CODE_LIMITS, user, by)


def _count_code(limits: tuple[Limit, ...], user: User, by: Actor, at: datetime) -> None:
    """Each source has its tries, so that nobody elsewhere can use up those of the person."""
    for limit in limits:
        count_try(limit, *_counted(limit, user, by), of=lambda: user, by=by, at=at)


def _clear(limits: tuple[Limit, ...], user: User, by: Actor) -> None:
    for limit in limits:
        ratelimit.clear(limit, *_counted(limit, user, by))


def _counted(limit: Limit, user: User, by: Actor) -> tuple[str | None, ...]:
    return (str(user.pk),) if limit is ratelimit.SECOND_FACTOR_FROM_ANYWHERE else (str(user.pk), by.ip)


def _method(user: User, code: str, at: datetime) -> str | None:
    """Check a code under the row lock of the app, so that of two requests with one code only one passes."""
    device = confirmed_device(user)
    if device is None:
        return None
    if len(code) == DIGITS:
        return APP_CODE if verify_token(user, device.persistent_id, code) else None
    return RECOVERY_CODE if recovery_codes.spend(user=user, code=code, at=at) else None


def _refusal(user: User, by: Actor, at: datetime) -> CodeRefused:
    _record(events.FACTOR_FAILED, user, by, at, outcome="failure")
    return CodeRefused(CODE_REFUSAL)


@transaction.atomic
def _record(event: EventType, user: User, by: Actor, at: datetime, **details: Any) -> None:
    """In a transaction of its own: what was refused stays refused, and stays in the log."""
    log.record(event, target=user, by=by, at=at, company_id=home_company_id(user), **details)
