"""Codes for the day the phone is gone: 80 random bits each, shown once, kept only as keyed hashes."""

import base64
import secrets
from datetime import datetime

from accounts.models import RecoveryCode, User
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


def spend(*, user: User, code: str, at: datetime) -> bool:
    """Use a code up. One statement decides, so the same code cannot be used twice, even at once."""
    typed = code.upper().translate(EASILY_MISREAD)
    return bool(
        RecoveryCode.objects.filter(
            user=user, used_at__isnull=True, code_hash__in=keyring.fingerprints(typed, PURPOSE)
        ).update(used_at=at)
    )
