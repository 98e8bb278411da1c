"""What follows when a person gains a second factor, of whatever kind, or loses one."""

from dataclasses import dataclass, field
from datetime import datetime

from django.contrib.sessions.exceptions import SessionInterrupted
from django.db import transaction

from accounts import events, policy
from accounts.actions import notices, recovery_codes, sessions
from accounts.errors import FactorStillNeeded
from accounts.models import RecoveryCode, Session, User
from accounts.queries.factors import has_second_factor, kinds_of
from accounts.queries.memberships import home_company_id, live_memberships
from audit import log
from audit.actors import Actor


@dataclass(frozen=True, slots=True)
class Gained:
    """The person, whose other sessions may have ended, and the recovery codes, which are shown only now."""

    user: User
    codes: list[str] = field(default_factory=list)


def gained(*, user: User, factor: str, is_first: bool, keep: Session | None, by: Actor, at: datetime) -> Gained:
    """Note a new factor, in the transaction that made it and with the person locked.

    The first one brings recovery codes and ends all sessions but the one to keep: they began with a
    password alone.
    """
    _refuse_if_ended(keep)
    codes = []
    if is_first:
        codes = recovery_codes.renew(user=user, at=at)
        end_sessions(user=user, keep=keep, by=by, at=at)
    log.record(events.FACTOR_ENROLLED, target=user, by=by, at=at, company_id=home_company_id(user), factor=factor)
    notices.tell("factor_added", user=user, by=by, at=at, facts={"factor": factor})
    return Gained(user, codes)


def lost(*, user: User, factor: str, keep: Session | None, by: Actor, at: datetime) -> User:
    """Note that a factor is gone, in the transaction that removed it and with the person locked.

    Refused, and with it the removal, where a company demands what is left too little of. The other
    sessions end: one of them may be on the device that was lost.
    """
    _refuse_if_ended(keep)
    _refuse_if_needed(user)
    if not has_second_factor(user):
        RecoveryCode.objects.filter(user=user).delete()
    end_sessions(user=user, keep=keep, by=by, at=at)
    log.record(events.FACTOR_REMOVED, target=user, by=by, at=at, company_id=home_company_id(user), factor=factor)
    notices.tell("factor_removed", user=user, by=by, at=at, facts={"factor": factor})
    return user


def end_sessions(*, user: User, keep: Session | None, by: Actor, at: datetime) -> None:
    """Sign a person out everywhere but in the session to keep, whose caller renews what it knows of the person."""
    user.session_epoch += 1
    user.save(update_fields=["session_epoch"])
    sessions.end_others(user=user, keep=keep, by=by, at=at)


@transaction.atomic
def renamed(*, user: User, factor: str, name: str, by: Actor, at: datetime) -> None:
    """Note that a factor has another name."""
    company_id = home_company_id(user)
    log.record(events.FACTOR_RENAMED, target=user, by=by, at=at, company_id=company_id, factor=factor, name=name)


def _refuse_if_ended(session: Session | None) -> None:
    """A session that was ended a moment ago adds no factor that lets its person, or a thief, in again."""
    if session and not Session.objects.select_for_update(no_key=True).filter(pk=session.pk).exists():
        raise SessionInterrupted("The session was ended during this request.")


def _refuse_if_needed(user: User) -> None:
    left = kinds_of(user)
    lacking = policy.required(live_memberships(user), has_app=left.app, has_passkey=left.passkey)
    if lacking.needs_passkey:
        raise FactorStillNeeded(
            f"{lacking.company} demands a passkey of administrators. Add another one before you remove this."
        )
    if lacking.is_missing:
        raise FactorStillNeeded(
            f"{lacking.company} demands a second factor. Set up another one before you remove this one."
        )
