"""Proving to be the person: the password again, or a code. Guesses are counted before they are checked."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django_otp import verify_token

from accounts import events
from accounts.actions import notices, recovery_codes, tries
from accounts.errors import CodeRefused, PasswordRefused
from accounts.models import TotpDevice, User
from accounts.models.device import DIGITS
from accounts.models.session import Proof
from accounts.queries.factors import apps_of, recovery_codes_left
from accounts.queries.memberships import home_company_id
from audit import log
from audit.actors import Actor
from audit.registry import EventType

NAMES = {
    Proof.PASSWORD: "the password",
    Proof.APP: "an authenticator code",
    Proof.PASSKEY: "a passkey",
    Proof.RECOVERY: "a recovery code",
}
CODE_REFUSAL = "This code is wrong, was used before, or is too old. Wait for the next one and type it again."


def confirm_password(*, user: User, password: str, by: Actor, at: datetime) -> None:
    """Let only the person go on who knows the password."""
    counts = tries.in_session(user, by)
    tries.take(counts, user=user, by=by, at=at)
    if not user.check_password(password):
        _record(events.PASSWORD_REFUSED, user, by, at, outcome="failure")
        raise PasswordRefused("This is not your current password. Type it again.")
    tries.succeeded(counts, taken_at=at)


def confirm_code(*, user: User, code: str, by: Actor, at: datetime) -> Proof:
    """Let only the person go on who holds an authenticator app or a recovery code; say which it was."""
    counts = tries.in_session(user, by)
    tries.take(counts, user=user, by=by, at=at)
    proof = accepted(user=user, code=code, by=by, at=at)
    if proof is None:
        raise _refusal(user, by, at)
    tries.succeeded(counts, taken_at=at)
    return proof


def confirm_new_app(*, user: User, device: TotpDevice, code: str, by: Actor, at: datetime) -> None:
    """Let only the person go on whose new authenticator app shows the right code. The code is then used."""
    counts = tries.in_session(user, by)
    tries.take(counts, user=user, by=by, at=at)
    if verify_token(user, device.persistent_id, typed(code)) is None:
        raise _refusal(user, by, at)
    tries.succeeded(counts, taken_at=at)


def accepted(*, user: User, code: str, by: Actor, at: datetime) -> Proof | None:
    """Use up a code of any of the person's apps, or a recovery code, and say which it was; None if it is neither.

    An app that shows the code is asked again under its row lock, so that of two requests with one
    code only one passes. A wrong code asks the same of the database whoever the person is.
    """
    code = typed(code)
    if len(code) != DIGITS:
        return Proof.RECOVERY if _recovered(user, code, by, at) else None
    showing = [app for app in apps_of(user) if app.shows(code)]
    return Proof.APP if any(verify_token(user, app.persistent_id, code) for app in showing) else None


def typed(code: str) -> str:
    """A code without the spaces and dashes that make it readable."""
    return code.replace(" ", "").replace("-", "")


@transaction.atomic
def _recovered(user: User, code: str, by: Actor, at: datetime) -> bool:
    """Whether this recovery code was unused till now. The person is told, for somebody else may have found it."""
    if not recovery_codes.spend(user=user, code=code, at=at):
        return False
    left = recovery_codes_left(user)
    log.record(events.RECOVERY_CODE_USED, target=user, by=by, at=at, company_id=home_company_id(user), left=left)
    notices.tell("recovery_code_used", user=user, by=by, at=at, facts={"codes_left": str(left)})
    return True


def _refusal(user: User, by: Actor, at: datetime) -> CodeRefused:
    _record(events.FACTOR_FAILED, user, by, at, outcome="failure")
    return CodeRefused(CODE_REFUSAL)


@transaction.atomic
def _record(event: EventType, user: User, by: Actor, at: datetime, **details: Any) -> None:
    """In a transaction of its own: what was refused stays refused, and stays in the log."""
    log.record(event, target=user, by=by, at=at, company_id=home_company_id(user), **details)
