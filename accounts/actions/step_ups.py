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
    kind = _judge(user, password, code, state, answer, by, at)
    _record(events.STEP_UP_PASSED, user, by, at, method=proofs.NAMES[kind])
    return kind


def _judge(user: User, password: str, code: str, state: str, answer: str, by: Actor, at: datetime) -> Proof:
    if not has_second_factor(user):
        proofs.confirm_password(user=user, password=password, by=by, at=at)
        return Proof.PASSWORD
    if not answer:
        return proofs.confirm_code(user=user, code=code, by=by, at=at)
    try:
        passkeys.verify_assertion(PURPOSE, state, answer, user=user)
    except PasskeyRefused:
        _record(events.FACTOR_FAILED, user, by, at, outcome="failure")
        raise
    return Proof.PASSKEY


@transaction.atomic
def _record(event: EventType, user: User, by: Actor, at: datetime, **details: Any) -> None:
    log.record(event, target=user, by=by, at=at, company_id=home_company_id(user), **details)
