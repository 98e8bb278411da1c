"""Authenticator apps: setting up, renaming, removing. Whoever asks has just shown who they are."""

from datetime import datetime, timedelta

from django.db import transaction

from accounts import events, locks
from accounts.actions import proofs, second_factors
from accounts.actions.second_factors import Gained
from accounts.errors import FactorGone, NameTaken, NothingToConfirm, TooManyFactors
from accounts.models import Session, TotpDevice, User
from accounts.queries.factors import apps_of, has_second_factor
from accounts.queries.memberships import home_company_id
from audit import log
from audit.actors import Actor

MOST_APPS = 10
UNFINISHED_LASTS = timedelta(hours=1)
NOTHING_TO_CONFIRM = "There is no authenticator app to confirm. Start the set-up again."


@transaction.atomic
def start(*, user: User, name: str, by: Actor, at: datetime) -> TotpDevice:
    """Prepare an app with a new seed. It counts for nothing until one of its codes confirms it."""
    user = locks.user(user.pk)
    _refuse_name(user, name)
    if len(apps_of(user)) >= MOST_APPS:
        raise TooManyFactors(f"You have {MOST_APPS} authenticator apps. Remove one you no longer use first.")
    TotpDevice.objects.filter(user=user, confirmed=False).delete()
    device = TotpDevice.objects.create(user=user, name=name, confirmed=False)
    log.record(events.FACTOR_STARTED, target=user, by=by, at=at, company_id=home_company_id(user))
    return device


def enrol(*, user: User, device: TotpDevice, code: str, keep: Session | None, by: Actor, at: datetime) -> Gained:
    """Put a prepared app to use once it shows the right code, which is then used up."""
    proofs.confirm_new_app(user=user, device=device, code=code, by=by, at=at)
    with transaction.atomic():
        user = locks.user(user.pk)
        is_first = not has_second_factor(user)
        if not TotpDevice.objects.filter(pk=device.pk, confirmed=False).update(confirmed=True):
            raise NothingToConfirm(NOTHING_TO_CONFIRM)
        return second_factors.gained(user=user, factor=described(device), is_first=is_first, keep=keep, by=by, at=at)


@transaction.atomic
def rename(*, user: User, device: TotpDevice, name: str, by: Actor, at: datetime) -> None:
    """Call an app something else."""
    user = locks.user(user.pk)
    if name == device.name:
        return
    _refuse_name(user, name, device)
    second_factors.renamed(user=user, factor=described(device), name=name, by=by, at=at)
    TotpDevice.objects.filter(pk=device.pk).update(name=name)


@transaction.atomic
def remove(*, user: User, device: TotpDevice, keep: Session | None, by: Actor, at: datetime) -> User:
    """Let the codes of an app open nothing any more."""
    user = locks.user(user.pk)
    if not TotpDevice.objects.filter(pk=device.pk).delete()[0]:
        raise FactorGone("This authenticator app was removed already.")
    return second_factors.lost(user=user, factor=described(device), keep=keep, by=by, at=at)


def forget_unfinished(at: datetime) -> None:
    """Drop the seeds of set-ups that nobody finished in time."""
    TotpDevice.objects.filter(confirmed=False, created_at__lt=at - UNFINISHED_LASTS).delete()


def described(device: TotpDevice) -> str:
    """How entries and letters name an app."""
    return f"the authenticator app “{device.name}”"


def _refuse_name(user: User, name: str, but: TotpDevice | None = None) -> None:
    if any(app.name.casefold() == name.casefold() for app in apps_of(user) if app != but):
        raise NameTaken(f"You already have an app called “{name}”. Choose a name that tells them apart.")
