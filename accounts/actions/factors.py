"""Setting up and removing the second factor. Whoever does it proves first who they are."""

from datetime import datetime

from django.db import transaction

from accounts import events, locks
from accounts.actions import proofs, recovery_codes
from accounts.errors import NothingToConfirm, SecondFactorAlreadySetUp
from accounts.models import RecoveryCode, TotpDevice, User
from accounts.queries.factors import has_second_factor, pending_device
from accounts.queries.memberships import home_company_id
from audit import log
from audit.actors import Actor


def start(*, user: User, password: str, by: Actor, at: datetime) -> TotpDevice:
    """Prepare an authenticator app with a new seed. It counts for nothing until a code confirms it."""
    proofs.confirm_password(user=user, password=password, by=by, at=at)
    with transaction.atomic():
        user = locks.user(user.pk)
        _refuse_second_app(user)
        TotpDevice.objects.filter(user=user, confirmed=False).delete()
        device = TotpDevice.objects.create(user=user, name="Authenticator app", confirmed=False)
        log.record(events.FACTOR_STARTED, target=user, by=by, at=at, company_id=home_company_id(user))
    return device


def enrol(*, user: User, code: str, by: Actor, at: datetime) -> list[str]:
    """Put the prepared app to use and hand out recovery codes, the only time they are shown."""
    device = pending_device(user)
    if device is None:
        raise NothingToConfirm("There is no authenticator app to confirm. Start the set-up again.")
    proofs.confirm_new_app(user=user, device=device, code=code, by=by, at=at)
    with transaction.atomic():
        user = locks.user(user.pk)
        _refuse_second_app(user)
        TotpDevice.objects.filter(pk=device.pk).update(confirmed=True)
        codes = recovery_codes.renew(user=user, at=at)
        log.record(events.FACTOR_ENROLLED, target=user, by=by, at=at, company_id=home_company_id(user))
    return codes


def remove(*, user: User, code: str, by: Actor, at: datetime) -> User:
    """Sign in with the password alone from now on. Ends other sessions: some wait for a code that no longer exists."""
    proofs.confirm_code(user=user, code=code, by=by, at=at)
    with transaction.atomic():
        user = locks.user(user.pk)
        TotpDevice.objects.filter(user=user).delete()
        RecoveryCode.objects.filter(user=user).delete()
        user.session_epoch += 1
        user.save(update_fields=["session_epoch"])
        log.record(events.FACTOR_REMOVED, target=user, by=by, at=at, company_id=home_company_id(user))
    return user


def replace_recovery_codes(*, user: User, code: str, by: Actor, at: datetime) -> list[str]:
    """New recovery codes; the old ones stop working."""
    proofs.confirm_code(user=user, code=code, by=by, at=at)
    with transaction.atomic():
        user = locks.user(user.pk)
        codes = recovery_codes.renew(user=user, at=at)
        log.record(events.RECOVERY_CODES_REPLACED, target=user, by=by, at=at, company_id=home_company_id(user))
    return codes


def _refuse_second_app(user: User) -> None:
    if has_second_factor(user):
        raise SecondFactorAlreadySetUp("You already use an authenticator app. Remove it before setting up another.")
