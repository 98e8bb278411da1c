"""Proving to be the person: the password again, or a code. Guesses are counted before they are checked."""

from datetime import datetime

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
from security import ratelimit
from security.ratelimit import Limit

CODE_REFUSAL = "This code is wrong, was used before, or is too old. Wait for the next one and type it again."
APP_CODE = "a password and an authenticator code"
RECOVERY_CODE = "a password and a recovery code"


def count_try(limit: Limit, *parts: str | None, at: datetime) -> None:
    """Use up one try, or refuse with how long to wait."""
    if not ratelimit.take(limit, *parts, at=at):
        minutes = limit.period.seconds // 60
        raise TooManyTries(f"Too many tries. Wait {minutes} minutes, then try again.")


def confirm_password(*, user: User, password: str, at: datetime) -> None:
    """Let only the person go on who knows the password."""
    count_try(ratelimit.CONFIRM_PASSWORD, str(user.pk), at=at)
    if not user.check_password(password):
        raise PasswordRefused("This is not your current password. Type it again.")
    ratelimit.clear(ratelimit.CONFIRM_PASSWORD, str(user.pk))


def confirm_code(*, user: User, code: str, by: Actor, at: datetime) -> str:
    """Let only the person go on who holds the authenticator app or a recovery code; say which it was."""
    count_try(ratelimit.SECOND_FACTOR, str(user.pk), at=at)
    method = _method(user, code.replace(" ", ""), at)
    if method is None:
        raise _refusal(user, by, at)
    ratelimit.clear(ratelimit.SECOND_FACTOR, str(user.pk))
    return method


def confirm_new_app(*, user: User, device: TotpDevice, code: str, by: Actor, at: datetime) -> None:
    """Let only the person go on whose new authenticator app shows the right code. The code is then used."""
    count_try(ratelimit.SECOND_FACTOR, str(user.pk), at=at)
    if verify_token(user, device.persistent_id, code.replace(" ", "")) is None:
        raise _refusal(user, by, at)
    ratelimit.clear(ratelimit.SECOND_FACTOR, str(user.pk))


def _method(user: User, code: str, at: datetime) -> str | None:
    """Check a code under the row lock of the app, so that of two requests with one code only one passes."""
    device = confirmed_device(user)
    if device is None:
        return None
    if len(code) == DIGITS:
        return APP_CODE if verify_token(user, device.persistent_id, code) else None
    return RECOVERY_CODE if recovery_codes.spend(user=user, code=code, at=at) else None


def _refusal(user: User, by: Actor, at: datetime) -> CodeRefused:
    with transaction.atomic():
        log.record(events.FACTOR_FAILED, target=user, by=by, at=at, company_id=home_company_id(user), outcome="failure")
    return CodeRefused(CODE_REFUSAL)
