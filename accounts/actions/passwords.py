"""Changing a password, and choosing a new one when it is forgotten. The factors of the person stay as they are."""

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from accounts import events, letters, locks
from accounts.actions import factor_resets, lost_factors, mailed_links, new_passwords, notices, proofs, tries
from accounts.errors import PasswordRefused
from accounts.models import KnownDevice, MailedLink, Session, User
from accounts.models.user import normalise_email
from accounts.queries.memberships import home_company_id
from accounts.queries.sign_in import NOBODY
from audit import log
from audit.actors import Actor
from audit.registry import EventType
from security import ratelimit
from security.address import source
from security.ratelimit import Limit

RESET_LINK_LASTS = timedelta(minutes=30)
RESETS_FROM_ONE_SOURCE = Limit("resets_from_one_source", tries=20, period=timedelta(minutes=30))
RESETS_OF_ONE_ADDRESS = Limit("resets_of_one_address", tries=3, period=RESET_LINK_LASTS)
RESETS_OF_ONE_ADDRESS_A_DAY = Limit("resets_of_one_address_a_day", tries=10, period=timedelta(days=1))
NEW_PASSWORDS_FROM_ONE_SOURCE = Limit("new_passwords_from_one_source", tries=20, period=timedelta(minutes=30))


def change(*, user: User, current: str, new: str, keep: Session, by: Actor, at: datetime) -> User:
    """Replace the password of a person who proves to know the old one. Their sessions end, save the one to keep."""
    proofs.confirm_password(user=user, password=current, by=by, at=at)
    proved, hashed = user.password, new_passwords.accept(new, user=user)
    with transaction.atomic():
        user = locks.user(user.pk)
        if user.password != proved:
            raise PasswordRefused("Your password was changed a moment ago, somewhere else. Type the present one.")
        new_passwords.replace(user, hashed, at=at)
        mailed_links.withdraw(user, MailedLink.Purpose.RESET_PASSWORD, at=at)
        Session.objects.filter(user=user).exclude(pk=keep.pk).delete()
        KnownDevice.objects.filter(user=user).exclude(sessions=keep).delete()
        _record(events.USER_PASSWORD_CHANGED, user, by, at)
        notices.tell("password_changed", user=user, by=by, at=at)
    return user


def ask_for_reset(*, email: str, by: Actor, at: datetime) -> None:
    """Mail a link for choosing a new password, if the address has an account. Nothing done here tells whether it has.

    Who asks for the same address again and again gets no further letter: the last link is live as long as the short
    wait. What was sent in a day nothing gives back, so that nobody's mailbox is flooded.
    """
    tries.take([RESETS_FROM_ONE_SOURCE.of(source(by.ip))], user=NOBODY, by=by, at=at)
    address = normalise_email(email)
    user = User.objects.filter(email=address, is_active=True).first()
    counts = [RESETS_OF_ONE_ADDRESS.of(address, account=address), RESETS_OF_ONE_ADDRESS_A_DAY.of(address)]
    if spent := ratelimit.take_each(counts, at=at):
        if ratelimit.is_first_refusal(spent):
            minutes = int(spent.limit.period.total_seconds()) // 60
            _record(events.TRIES_REFUSED, user, by, at, outcome="refused", minutes=minutes)
        return
    with transaction.atomic():
        link = mailed_links.create(MailedLink.Purpose.RESET_PASSWORD, user=user, at=at, lasts=RESET_LINK_LASTS)
        to = user.email if user else ""
        letters.queue("password_reset", user=user, to=to, at=at, facts=letters.origin(by), link=link)
        _record(events.PASSWORD_RESET_ASKED, user, by, at)


def reset(*, link: MailedLink, new: str, by: Actor, at: datetime) -> User:
    """Give the person whom a mailed link belongs to the password they choose, once. It ends all their sessions.

    It lifts what a stranger may have caused, a locked account and a wait after too many tries, and signs nobody in.
    An account that needs a fresh start stays closed until then; the administrators are asked again if need be.
    """
    tries.take([NEW_PASSWORDS_FROM_ONE_SOURCE.of(source(by.ip))], user=NOBODY, by=by, at=at)
    hashed = new_passwords.accept(new, user=link.person)
    with transaction.atomic():
        user = locks.user(link.person.pk)
        mailed_links.use(link, at)
        mailed_links.withdraw(user, MailedLink.Purpose.RESET_PASSWORD, MailedLink.Purpose.UNLOCK, at=at)
        mailed_links.withdraw_not_me(user, at)
        new_passwords.replace(user, hashed, at=at)
        user.locked_at = None
        user.save(update_fields=["locked_at"])
        Session.objects.filter(user=user).delete()
        KnownDevice.objects.filter(user=user).delete()
        _record(events.USER_PASSWORD_RESET, user, by, at)
        if user.needs_fresh_start:
            lost_factors.put_to_administrators("factor_reset_needed", user=user, by=by, at=at)
        else:
            factor_resets.withdraw(user=user, by=by, at=at)
        notices.tell("password_changed", user=user, by=by, at=at)
    tries.forget_tries(user)
    return user


@transaction.atomic
def _record(event: EventType, user: User | None, by: Actor, at: datetime, **details: Any) -> None:
    """Somebody without an account is in the log as nobody, with the same number of queries."""
    target = user or NOBODY
    log.record(event, target=target, by=by, at=at, company_id=home_company_id(target), **details)
