"""Changing the address a person signs in with: the old and the new one must both agree, in any order."""

from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction

from accounts import events, letters, locks
from accounts.actions import mailed_links, notices
from accounts.errors import EmailAlreadyUsed, EmailNotChanged, LinkNotLive, TooManyTries
from accounts.models import EmailChange, MailedLink, Session, User
from accounts.models.user import normalise_email
from accounts.queries.email_changes import open_change
from accounts.queries.memberships import home_company_id
from audit import log
from audit.actors import Actor
from audit.registry import EventType
from security import ratelimit
from security.ratelimit import Limit

Purpose = MailedLink.Purpose

LASTS = timedelta(hours=24)
LIMIT = Limit("email_change", tries=5, period=timedelta(hours=1))


def start(*, user: User, new_email: str, by: Actor, at: datetime) -> EmailChange:
    """Ask both addresses by letter. Whoever asks does not learn whether the new one has an account already."""
    new_email = normalise_email(new_email)
    if new_email == user.email:
        raise EmailNotChanged("You sign in with this address already. Write the one you want instead.")
    if not ratelimit.take(LIMIT, str(user.pk), at=at):
        raise TooManyTries("You have asked for several changes within an hour. Wait an hour, then try again.")
    with transaction.atomic():
        user = locks.user(user.pk)
        if under_way := open_change(user, at):
            raise EmailNotChanged(f"A {under_way} is under way. Stop it before you ask for another.")
        end_open(user, at)
        change = EmailChange(user=user, old_email=user.email, new_email=new_email, started_at=at, expires_at=at + LASTS)
        change.save(force_insert=True)
        _record(events.EMAIL_CHANGE_STARTED, change, by, at, new_email=new_email)
        _ask_old(change, by, at)
        _ask_new(change, at)
    return change


def agree(*, link: MailedLink, by: Actor, at: datetime) -> EmailChange:
    """Agree as the address that the link was mailed to. With both, the account has its new address at once."""
    try:
        return _agree(link, by, at)
    except EmailAlreadyUsed:
        _refuse_taken(link, by, at)
        raise


def of_link(link: MailedLink) -> EmailChange:
    """The change a link was mailed about; one that ended is refused as the link itself would be."""
    change = EmailChange.objects.select_related("user").filter(pk=str(link.subject_id), ended_at__isnull=True).first()
    if change is None:
        raise LinkNotLive(mailed_links.REFUSAL)
    return change


@transaction.atomic
def refuse(*, link: MailedLink, by: Actor, at: datetime) -> None:
    """Stop the change as the holder of the old address."""
    locks.user(link.person.pk)
    mailed_links.use(link, at)
    _stop(of_link(link), by, at)


@transaction.atomic
def cancel(*, user: User, by: Actor, at: datetime) -> None:
    """Stop the change as the person who is signed in."""
    change = open_change(locks.user(user.pk), at)
    if change is None:
        raise EmailNotChanged("No change of your address is under way any more.")
    _stop(change, by, at)


def end_open(user: User, at: datetime) -> None:
    """End what is under way or ran out, with its links, in the transaction of what makes it end."""
    EmailChange.objects.filter(user=user, ended_at__isnull=True).update(ended_at=at)
    mailed_links.withdraw(user, Purpose.OLD_EMAIL, Purpose.NEW_EMAIL, at=at)


@transaction.atomic
def _agree(link: MailedLink, by: Actor, at: datetime) -> EmailChange:
    user = locks.user(link.person.pk)
    mailed_links.use(link, at)
    change = of_link(link)
    side = "old" if link.purpose == Purpose.OLD_EMAIL else "new"
    setattr(change, f"{side}_agreed_at", at)
    change.save(update_fields=[f"{side}_agreed_at"])
    _record(events.EMAIL_CHANGE_AGREED, change, by, at, side=side)
    if change.old_agreed_at and change.new_agreed_at:
        _complete(change, user, by, at)
    return change


def _complete(change: EmailChange, user: User, by: Actor, at: datetime) -> None:
    """The new address counts. All sessions end, and what was mailed to the old address opens nothing more."""
    user.email = change.new_email
    user.session_epoch += 1
    try:
        with transaction.atomic():
            user.save(update_fields=["email", "session_epoch"])
    except IntegrityError:
        raise EmailAlreadyUsed(
            f"{change.new_email} is the address of another account by now. Nothing was changed; ask for another one."
        ) from None
    change.ended_at = at
    change.save(update_fields=["ended_at"])
    Session.objects.filter(user=user).delete()
    mailed_links.withdraw(user, Purpose.RESET_PASSWORD, Purpose.UNLOCK, at=at)
    mailed_links.withdraw_not_me(user, at)
    old, new = change.old_email, change.new_email
    log.record(
        events.USER_EMAIL_CHANGED,
        target=user,
        by=by,
        at=at,
        company_id=home_company_id(user),
        old_email=old,
        new_email=new,
        changes={"email": [old, new]},
    )
    facts = {"new_email": new}
    notices.tell("email_changed", user=user, by=by, at=at, to=old, facts=facts, subject_id=change.pk)
    letters.queue("email_changed_new", user=user, to=new, at=at, facts={"old_email": old})


@transaction.atomic
def _refuse_taken(link: MailedLink, by: Actor, at: datetime) -> None:
    locks.user(link.person.pk)
    _stop(of_link(link), by, at, outcome="refused")


def _stop(change: EmailChange, by: Actor, at: datetime, **details: Any) -> None:
    end_open(change.user, at)
    _record(events.EMAIL_CHANGE_STOPPED, change, by, at, **details)


def _ask_old(change: EmailChange, by: Actor, at: datetime) -> None:
    link = _link(Purpose.OLD_EMAIL, change, at)
    facts = letters.origin(by) | {"new_email": change.new_email}
    letters.queue("email_change_old", user=change.user, to=change.old_email, at=at, facts=facts, link=link)


def _ask_new(change: EmailChange, at: datetime) -> None:
    """Whoever has the address already is told that somebody tried, and nothing about who."""
    if owner := User.objects.filter(email=change.new_email).first():
        letters.queue("email_change_taken", user=owner, to=owner.email, at=at)
        return
    link, facts = _link(Purpose.NEW_EMAIL, change, at), {"old_email": change.old_email}
    letters.queue("email_change_new", user=change.user, to=change.new_email, at=at, facts=facts, link=link)


def _link(purpose: MailedLink.Purpose, change: EmailChange, at: datetime) -> MailedLink:
    return mailed_links.create(purpose, user=change.user, at=at, lasts=LASTS, subject_id=change.pk)


def _record(event: EventType, change: EmailChange, by: Actor, at: datetime, **details: Any) -> None:
    log.record(
        event, target=change, by=by, at=at, company_id=home_company_id(change.user), person=str(change.user), **details
    )
