"""Ending sessions. The next request with the key of one that was ended finds nobody signed in."""

from datetime import datetime

from django.db import transaction

from accounts import events
from accounts.models import Session, User
from accounts.queries.memberships import home_company_id
from accounts.queries.sessions import live_sessions
from audit import log
from audit.actors import Actor
from audit.registry import EventType

MOST = 10


@transaction.atomic
def leave(*, user: User, session: Session, by: Actor, at: datetime) -> None:
    """A person signs out where they are."""
    Session.objects.filter(pk=session.pk).delete()
    log.record(events.USER_SIGNED_OUT, target=user, by=by, at=at, company_id=home_company_id(user))


@transaction.atomic
def end(*, user: User, session: Session, by: Actor, at: datetime) -> None:
    """Sign a person out in one browser, at once. Whoever ended it first has the entry."""
    _end(user, session, events.SESSION_ENDED, by, at)


@transaction.atomic
def end_others(*, user: User, keep: Session | None, by: Actor, at: datetime) -> int:
    """Sign a person out everywhere but in the session to keep; how many sessions that ended."""
    others = Session.objects.filter(user=user)
    if keep is not None:
        others = others.exclude(pk=keep.pk)
    count, _ = others.delete()
    if count:
        company_id = home_company_id(user)
        log.record(events.SESSIONS_ENDED, target=user, by=by, at=at, company_id=company_id, count=count)
    return count


@transaction.atomic
def drop_oldest(*, user: User, keep: Session, by: Actor, at: datetime) -> int:
    """Hold a person to ten sessions: those not used for longest end; how many. Called once the new one is stored."""
    others = [session for session in live_sessions(user, at) if session != keep]
    for session in others[MOST - 1 :]:
        _end(user, session, events.SESSION_DROPPED, by, at)
    return len(others[MOST - 1 :])


def _end(user: User, session: Session, event: EventType, by: Actor, at: datetime) -> None:
    ended, _ = Session.objects.filter(pk=session.pk).delete()
    if ended:
        company_id = session.company_id or home_company_id(user)
        log.record(event, target=session, by=by, at=at, company_id=company_id, address=session.ip or "")
