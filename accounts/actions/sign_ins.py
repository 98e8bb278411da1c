"""Signing in. A password and what comes second are both judged before anything is said about either.

Whoever guesses learns nothing about which accounts exist: each try costs one password hash, asks the
same of the database, counts the same and ends in the same sentence. A try leaves an entry, good or bad.
"""

from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.crypto import constant_time_compare

from accounts import events, passkeys
from accounts.actions import alarms, factor_resets, proofs, tries
from accounts.errors import PasskeyRefused, SignInRefused
from accounts.models import User
from accounts.models.device import DIGITS
from accounts.models.session import Proof
from accounts.models.user import normalise_email
from accounts.pending import Pending
from accounts.queries.factors import recovery_codes_left
from accounts.queries.sign_in import NOBODY, Account, account_at, account_of
from audit import log
from audit.actors import Actor
from audit.registry import EventType
from security import ratelimit
from security.address import source
from security.ratelimit import Limit

REFUSAL = "The address, the password or the second step is not right. Start again, and check each."
NOTES_OF_REFUSED_PASSKEYS = Limit("note_of_refused_passkey", tries=10, period=tries.WAIT)


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Somebody who has shown all that their account demands."""

    account: Account
    proofs: tuple[Proof, ...]
    recovery_codes_left: int | None = None

    @property
    def user(self) -> User:
        return self.account.user


@dataclass(frozen=True, slots=True)
class SecondStep:
    """What was given in the second step: a code, or else a passkey's answer with the state it answers."""

    code: str = ""
    answer: str = ""
    state: str = ""

    @property
    def is_app_code(self) -> bool:
        """Whether it is short enough to be guessed."""
        return not self.answer and len(proofs.typed(self.code)) == DIGITS


def with_password(
    *, email: str, password: str, device_token: str | None, by: Actor, at: datetime
) -> SignedIn | Pending:
    """Sign in whoever has a password alone and knows it; everybody else, right or wrong, is asked for the second step.

    `by` is a visitor: nobody is known yet.
    """
    account = account_at(email, device_token)
    pending = Pending(
        address=normalise_email(email),
        user_id=account.user.pk,
        knows="",
        source=source(by.ip),
        device_id=account.device_id,
        at=at,
    )
    tries.take(_counts(pending), user=account.user, by=by, at=at)
    knows = account.user.check_password(password) and account.is_open
    if not knows:
        _record(events.USER_SIGN_IN_FAILED, account, by, at, outcome="failure")
        return pending
    if account.has_factor:
        _record(events.USER_PASSWORD_ACCEPTED, account, by, at)
        return replace(pending, knows=account.user.get_session_auth_hash())
    _record(events.USER_SIGNED_IN, account, _person(account.user, by), at, method="a password")
    tries.succeeded(_counts(pending), taken_at=at)
    return SignedIn(account, (Proof.PASSWORD,))


def with_second_step(
    *, pending: Pending, step: SecondStep, device_token: str | None, by: Actor, at: datetime
) -> SignedIn:
    """Finish a try, or refuse it in one sentence, whichever half was wrong. A wrong password uses up no code."""
    account = account_of(pending.user_id, device_token)
    knows = account.is_open and constant_time_compare(pending.knows, account.user.get_session_auth_hash())
    may_guess = not step.is_app_code or tries.take_code(
        pending.address, pending.device_id, knows=knows, user=account.user, by=by, at=at
    )
    person = _person(account.user, by)
    proof = _second_proof(account.user if knows and may_guess else NOBODY, step, person, at)
    if proof is None:
        _second_step_failed(account, knows, by, at)
        raise SignInRefused(REFUSAL)
    _record(events.USER_SIGNED_IN, account, person, at, method=f"a password and {proofs.NAMES[proof]}")
    factor_resets.end_by_signing_in(user=account.user, by=person, at=at)
    tries.succeeded(_counts(pending), taken_at=pending.at)
    left = recovery_codes_left(account.user) if proof == Proof.RECOVERY else None
    return SignedIn(account, (Proof.PASSWORD, proof), left)


def with_passkey(*, answer: str, state: str, device_token: str | None, by: Actor, at: datetime) -> SignedIn:
    """Sign in whoever holds a passkey and verified themselves to it: that is both factors, and cannot be guessed."""
    try:
        account = _account_by_passkey(answer, state, device_token)
    except PasskeyRefused:
        if ratelimit.take(NOTES_OF_REFUSED_PASSKEYS, source(by.ip), at=at):
            _record(events.PASSKEY_REFUSED, Account(NOBODY), by, at, outcome="failure")
        raise
    person = _person(account.user, by)
    _record(events.USER_SIGNED_IN, account, person, at, method="a passkey")
    factor_resets.end_by_signing_in(user=account.user, by=person, at=at)
    return SignedIn(account, (Proof.PASSKEY,))


def _account_by_passkey(answer: str, state: str, device_token: str | None) -> Account:
    """Whose passkey it is, read after it was judged: the account may have been locked meanwhile."""
    passkey = passkeys.verify_assertion(passkeys.SIGN_IN, state, answer)
    account = account_of(passkey.user_id, device_token)
    if not account.is_open:
        raise PasskeyRefused(passkeys.REFUSAL)
    return account


def _second_proof(user: User, step: SecondStep, by: Actor, at: datetime) -> Proof | None:
    if not step.answer:
        return proofs.accepted(user=user, code=step.code, by=by, at=at)
    try:
        passkeys.verify_assertion(passkeys.SIGN_IN, step.state, step.answer, user=user)
    except PasskeyRefused:
        return None
    return Proof.PASSKEY


@transaction.atomic
def _second_step_failed(account: Account, knows: bool, by: Actor, at: datetime) -> None:
    """Keep it, and have the owner told if it was in a strange browser and only the second factor stopped somebody."""
    _record(events.FACTOR_FAILED if knows else events.USER_SIGN_IN_FAILED, account, by, at, outcome="failure")
    owner = account.user if knows and account.device_id is None else NOBODY
    alarms.second_step_failed.enqueue(str(owner.pk), asdict(by))


def _counts(pending: Pending) -> list[ratelimit.Count]:
    return tries.at_sign_in(pending.address, pending.source, pending.device_id)


def _person(user: User, by: Actor) -> Actor:
    """A visitor who has shown all that makes them somebody."""
    return replace(by, type="member", id=str(user.pk), label=str(user))


@transaction.atomic
def _record(event: EventType, account: Account, by: Actor, at: datetime, **details: Any) -> None:
    log.record(event, target=account.user, by=by, at=at, company_id=account.company_id, **details)
