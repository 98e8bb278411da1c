"""Browsers in which a person has signed in. One that is new is told to them, for it may be somebody else's."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from accounts import events
from accounts.actions import notices
from accounts.models import KnownDevice
from accounts.queries.sign_in import Account
from audit import log
from audit.actors import Actor
from security.tokens import new_token, token_hash
from security.user_agents import describe

LASTS = timedelta(days=400)
MOST = 20


@dataclass(frozen=True, slots=True)
class Remembered:
    """The browser, and the token it is known by from now on."""

    device: KnownDevice
    token: str


@transaction.atomic
def remember(*, account: Account, token: str | None, by: Actor, at: datetime) -> Remembered:
    """Know a browser again after a full sign-in. Its token changes each time, for all who sign in there."""
    browser, system = describe(by.user_agent)
    hashed, renewed = token_hash(token or ""), new_token()
    seen = {"token_hash": token_hash(renewed), "browser": browser, "system": system}
    is_known = bool(
        account.device_id
        and KnownDevice.objects.filter(pk=account.device_id, token_hash=hashed).update(**seen, last_seen_at=at)
    )
    if token:
        KnownDevice.objects.filter(token_hash=hashed).update(**seen)
    device = KnownDevice(pk=account.device_id) if is_known else _add(account, seen, by, at)
    return Remembered(device, renewed)


def _add(account: Account, seen: dict[str, str], by: Actor, at: datetime) -> KnownDevice:
    """A browser not seen before. That of the very first sign-in is no news: the person is in front of it."""
    device = KnownDevice(user=account.user, **seen, first_seen_at=at, last_seen_at=at)
    device.save(force_insert=True)
    log.record(events.DEVICE_ADDED, target=device, by=by, at=at, company_id=account.company_id)
    if account.user.last_login:
        notices.tell("new_device", user=account.user, by=by, at=at, facts={"device": str(device)})
    if account.devices >= MOST:
        _forget_oldest(device)
    return device


def _forget_oldest(new: KnownDevice) -> None:
    others = KnownDevice.objects.filter(user=new.user_id).exclude(pk=new.pk).order_by("-last_seen_at", "-pk")
    KnownDevice.objects.filter(pk__in=list(others.values_list("pk", flat=True)[MOST - 1 :])).delete()
