"""Locking an account whose owner says "this was not me", and lifting the wait after too many tries."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.utils.dateformat import format as written

from accounts import events, letters, locks
from accounts.actions import api_keys, email_changes, factors, lost_factors, mailed_links, passkeys, tries
from accounts.models import FactorReset, KnownDevice, MailedLink, Passkey, RecoveryCode, Session, TotpDevice, User
from accounts.queries.email_changes import address_to_restore
from accounts.queries.factors import factors_of
from accounts.queries.memberships import home_company_id, zone_of
from audit import log
from audit.actors import Actor

SET_UP_LASTS = timedelta(minutes=15)
ASKED, NOBODY_TO_ASK = "asked", "nobody to ask"


@dataclass(frozen=True, slots=True)
class Locked:
    """Whose account is locked, the second factors that remain, and whether administrators were asked to empty it."""

    user: User
    factors: list[str]
    fresh_start: str


@transaction.atomic
def lock(*, link: MailedLink, by: Actor, at: datetime) -> Locked:
    """End all that is under way in an account, and let nobody in until a new password is chosen by mail.

    Whoever got in may have changed its address, or added a factor that lets them in again: that is undone. Where
    it cannot be, the account stays closed until somebody who knows the person agrees to a fresh start. Whoever
    only reads the mail can press this too, so it never takes the last factor away.
    """
    user = locks.user(link.person.pk)
    mailed_links.use(link, at)
    user.locked_at = user.locked_at or at
    user.session_epoch += 1
    user.save(update_fields=["locked_at", "session_epoch"])
    Session.objects.filter(user=user).delete()
    KnownDevice.objects.filter(user=user).delete()
    _withdraw_later_links(user, link, at)
    FactorReset.objects.filter(user=user, ended_at__isnull=True).update(
        ended_at=at, outcome=FactorReset.Outcome.CANCELLED
    )
    email_changes.end_open(user, at)
    api_keys.revoke_made_since(user=user, since=link.created_at, by=by, at=at)
    log.record(events.ACCOUNT_LOCKED, target=user, by=by, at=at, company_id=home_company_id(user))
    is_restored = _restore_email(user, link, by, at)
    is_without_later_factors = _remove_later_factors(user, link, by, at)
    if not (is_restored and is_without_later_factors):
        user.needs_fresh_start = True
        user.save(update_fields=["needs_fresh_start"])
    locked = Locked(user, _remaining_factors(user), _ask_for_fresh_start(user, by, at))
    facts = letters.origin(by) | {"factors": "; ".join(locked.factors), "fresh_start": locked.fresh_start}
    letters.queue("not_me_done", user=user, to=user.email, at=at, facts=facts)
    return locked


@transaction.atomic
def lift_wait(*, link: MailedLink, by: Actor, at: datetime) -> None:
    """Let a person try again at once after too many wrong tries."""
    user = locks.user(link.person.pk)
    mailed_links.use(link, at)
    tries.forget_tries(user)
    log.record(events.WAIT_LIFTED, target=user, by=by, at=at, company_id=home_company_id(user))


def _withdraw_later_links(user: User, link: MailedLink, at: datetime) -> None:
    """Earlier letters may be all the owner has against whoever made the later ones: only their "not me" stays."""
    purpose = MailedLink.Purpose.NOT_ME
    mailed_links.withdraw(user, *(other for other in MailedLink.Purpose if other != purpose), at=at)
    later = MailedLink.objects.filter(user=user, purpose=purpose, created_at__gte=link.created_at)
    later.filter(used_at__isnull=True).update(used_at=at)


def _restore_email(user: User, link: MailedLink, by: Actor, at: datetime) -> bool:
    """Give the account back the address that the letter says was changed; not if another account has it by now."""
    before, now = address_to_restore(link), user.email
    if before is None or before == now:
        return True
    user.email = before
    try:
        with transaction.atomic():
            user.save(update_fields=["email"])
    except IntegrityError:
        user.email = now
        return False
    log.record(
        events.USER_EMAIL_RESTORED,
        target=user,
        by=by,
        at=at,
        company_id=home_company_id(user),
        old_email=before,
        new_email=now,
        changes={"email": [now, before]},
    )
    return True


def _remove_later_factors(user: User, link: MailedLink, by: Actor, at: datetime) -> bool:
    """Remove the factors added since the letter, or begun just before it, and codes made since.

    Only if an older factor remains; whether none but older ones are left.
    """
    TotpDevice.objects.filter(user=user, confirmed=False).delete()
    own, since = factors_of(user), link.created_at - SET_UP_LASTS
    later = [factor for factor in own if factor.created_at >= since]
    if own and later == own:
        return False
    for factor in later:
        factor.delete()
        named, company_id = _described(factor), home_company_id(user)
        log.record(events.FACTOR_REMOVED, target=user, by=by, at=at, company_id=company_id, factor=named)
    RecoveryCode.objects.filter(user=user, created_at__gte=link.created_at).delete()
    return True


def _remaining_factors(user: User) -> list[str]:
    """Each with the day it was added, by which a person can tell whether it is theirs."""
    zone = zone_of(user)
    return [
        f"{_described(factor)}, added on {written(factor.created_at.astimezone(zone), 'j M Y')}"
        for factor in factors_of(user)
    ]


def _ask_for_fresh_start(user: User, by: Actor, at: datetime) -> str:
    """Ask the administrators, if there are any, where the account stays closed otherwise."""
    if not user.needs_fresh_start:
        return ""
    is_asked = lost_factors.put_to_administrators("factor_reset_needed", user=user, by=by, at=at)
    return ASKED if is_asked else NOBODY_TO_ASK


def _described(factor: TotpDevice | Passkey) -> str:
    return passkeys.described(factor) if isinstance(factor, Passkey) else factors.described(factor)
