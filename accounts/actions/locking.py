"""Locking an account whose owner says "this was not me", and lifting the wait after too many tries."""

from datetime import datetime, timedelta

from django.db import IntegrityError, transaction

from accounts import events, letters, locks
from accounts.actions import email_changes, factors, mailed_links, passkeys, tries
from accounts.models import FactorReset, KnownDevice, MailedLink, Passkey, RecoveryCode, Session, TotpDevice, User
from accounts.queries.email_changes import email_at
from accounts.queries.factors import factors_of, has_second_factor
from accounts.queries.memberships import home_company_id
from audit import log
from audit.actors import Actor

SET_UP_LASTS = timedelta(minutes=15)


@transaction.atomic
def lock(*, link: MailedLink, by: Actor, at: datetime) -> User:
    """End all that is under way in an account, and let nobody in until a new password is chosen by mail.

    The account is as it was when the letter was written: whoever got in may have changed its address, or added
    a factor that lets them in again.
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
    log.record(events.ACCOUNT_LOCKED, target=user, by=by, at=at, company_id=home_company_id(user))
    _restore_email(user, link, by, at)
    _remove_later_factors(user, link, by, at)
    letters.queue("not_me_done", user=user, to=user.email, at=at, facts=letters.origin(by))
    return user


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


def _restore_email(user: User, link: MailedLink, by: Actor, at: datetime) -> None:
    """Give the account back the address it had, unless another account has it by now."""
    before, now = email_at(user, link.created_at), user.email
    if before == now:
        return
    user.email = before
    try:
        with transaction.atomic():
            user.save(update_fields=["email"])
    except IntegrityError:
        user.email = now
        return
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


def _remove_later_factors(user: User, link: MailedLink, by: Actor, at: datetime) -> None:
    """Remove the factors added since the letter, or begun just before it, and codes made since."""
    since = link.created_at - SET_UP_LASTS
    for factor in factors_of(user):
        if factor.created_at < since:
            continue
        named = passkeys.described(factor) if isinstance(factor, Passkey) else factors.described(factor)
        factor.delete()
        log.record(events.FACTOR_REMOVED, target=user, by=by, at=at, company_id=home_company_id(user), factor=named)
    TotpDevice.objects.filter(user=user, confirmed=False).delete()
    codes = RecoveryCode.objects.filter(user=user)
    (codes.filter(created_at__gte=link.created_at) if has_second_factor(user) else codes).delete()
