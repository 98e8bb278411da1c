"""Codes for the day the phone is gone: 80 random bits each, shown once, kept only as keyed hashes."""

import base64
import secrets
from datetime import datetime

from django.db import transaction

from accounts import events, locks
from accounts.actions import notices
from accounts.errors import NothingToRecover
from accounts.models import RecoveryCode, User
from accounts.queries.factors import has_second_factor
from accounts.queries.memberships import home_company_id
from audit import log
from audit.actors import Actor
from security import keyring

CODES = 10
CODE_BYTES = 10
GROUP = 4
PURPOSE = "accounts.recovery_code"
EASILY_MISREAD = str.maketrans({"0": "O", "1": "I", "8": "B", "-": None, " ": None})


def renew(*, user: User, at: datetime) -> list[str]:
    """Fresh codes in place of all earlier ones, in the caller's transaction."""
    RecoveryCode.objects.filter(user=user).delete()
    codes = [base64.b32encode(secrets.token_bytes(CODE_BYTES)).decode() for _ in range(CODES)]
    RecoveryCode.objects.bulk_create(
        RecoveryCode(user=user, code_hash=keyring.fingerprint(code, PURPOSE), created_at=at) for code in codes
    )
    return ["-".join(code[start : start + GROUP] for start in range(0, len(code), GROUP)) for code in codes]


@transaction.atomic
def replace(*, user: User, by: Actor, at: datetime) -> list[str]:
    """Fresh codes for a person who asks for them; the old ones stop working."""
    user = locks.user(user.pk)
    if not has_second_factor(user):
        raise NothingToRecover("Recovery codes stand in for a second factor. Set one up first.")
    codes = renew(user=user, at=at)
    log.record(events.RECOVERY_CODES_REPLACED, target=user, by=by, at=at, company_id=home_company_id(user))
    notices.tell("recovery_codes_replaced", user=user, by=by, at=at)
    return codes


def spend(*, user: User, code: str, at: datetime) -> bool:
    """Use a code up. One statement decides, so the same code cannot be used twice, even at once."""
    typed = code.upper().translate(EASILY_MISREAD)
    return bool(
        RecoveryCode.objects.filter(
            user=user, used_at__isnull=True, code_hash__in=keyring.fingerprints(typed, PURPOSE)
        ).update(used_at=at)
    )
