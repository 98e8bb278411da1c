"""Showing again who is there, before an act that asks for it."""

from datetime import datetime
from typing import Any

from django.db import transaction

from accounts import events, passkeys
from accounts.actions import proofs
from accounts.errors import PasskeyRefused
from accounts.models import User
from accounts.models.session import Proof
from accounts.queries.factors import has_second_factor
from accounts.queries.memberships import home_company_id
from audit import log
from audit.actors import Actor
from audit.registry import EventType

PURPOSE = "step up"


def confirm(*, user: User, password: str, code: str, state: str, answer: str, by: Actor, at: datetime) -> Proof:
    """Judge what was shown: a passkey, else a code, or the password of a person who has nothing else."""
    if answer:
        return with_passkey(user=user, state=state, answer=answer, by=by, at=at)
    if has_second_factor(user):
        return _passed(proofs.confirm_code(user=user, code=code, by=by, at=at), user, by, at)
    proofs.confirm_password(user=user, password=password, by=by, at=at)
    return _passed(Proof.PASSWORD, user, by, at)


def with_passkey(*, user: User, state: str, answer: str, by: Actor, at: datetime) -> Proof:
    """Judge the answer of a passkey, which must be this person's."""
    try:
        passkeys.verify_assertion(PURPOSE, state, answer, user=user)
    except PasskeyRefused:
        _record(events.FACTOR_FAILED, user, by, at, outcome="failure")
        raise
    return _passed(Proof.PASSKEY, user, by, at)


def _passed(proof: Proof, user: User, by: Actor, at: datetime) -> Proof:
    _record(events.STEP_UP_PASSED, user, by, at, method=proofs.NAMES[proof])
    return proof


@transaction.atomic
def _record(event: EventType, user: User, by: Actor, at: datetime, **details: Any) -> None:
    log.record(event, target=user, by=by, at=at, company_id=home_company_id(user), **details)
