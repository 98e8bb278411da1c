"""Visits of customers: begun with a link, never with a password, and never usable as a member's session."""

import datetime
from uuid import UUID

from django.db import transaction

from accounts.scoping import in_company
from audit import log
from audit.actors import Actor
from portal import events
from portal.models import KIND, Link, PortalSession
from security.tokens import new_token
from security.user_agents import describe
from security.visits import key_hash


@transaction.atomic
def open_link(
    *, link: Link, session: PortalSession | None, by: Actor, at: datetime.datetime
) -> tuple[PortalSession, str]:
    """Trade a live link for a session: the visit under way if it is the same person's, else a new one.

    Either way its key is new, for the visit now opens more than the old key was made for.
    """
    key = new_token()
    if session is not None and session.is_live(at) and _is_for(session, link):
        session.key_hash = key_hash(KIND, key)
        session.save(update_fields=["key_hash"])
    else:
        browser, system = describe(by.user_agent)
        session = PortalSession(
            company_id=link.company_id,
            customer_id=link.customer_id,
            contact=link.contact,
            recipient=link.recipient,
            key_hash=key_hash(KIND, key),
            ip=by.ip,
            browser=browser,
            system=system,
            started_at=at,
            seen_at=at,
        )
        session.save(force_insert=True)
    session.links.add(link)
    with in_company(link.company):
        log.record(events.LINK_OPENED, target=link, by=by, at=at, invoice=str(link.invoice))
    return session, key


@transaction.atomic
def end(*, session: PortalSession, by: Actor, at: datetime.datetime) -> None:
    session.ended_at = at
    session.save(update_fields=["ended_at"])
    log.record(events.SESSION_ENDED, target=session, by=by, at=at)


def touch(session: PortalSession, at: datetime.datetime) -> None:
    """Note that the visitor is still there, at most once a minute."""
    if at - session.seen_at >= datetime.timedelta(minutes=1):
        PortalSession.objects.filter(pk=session.pk, ended_at__isnull=True).update(seen_at=at)


def first_link_id(session: PortalSession) -> UUID:
    """The link that a visit began with."""
    opened = PortalSession.links.through.objects.filter(portalsession=session)
    return opened.order_by("pk").values_list("link_id", flat=True)[0]


def _is_for(session: PortalSession, link: Link) -> bool:
    """Whoever opens a link sent to somebody else acts as that somebody, in a visit of its own."""
    return (session.customer_id, session.recipient.lower()) == (link.customer_id, link.recipient.lower())
