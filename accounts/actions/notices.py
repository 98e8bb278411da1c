"""Telling a person by letter what happened to their account, or to what they may do in a company."""

from datetime import datetime
from uuid import UUID

from accounts import letters
from accounts.actions import mailed_links
from accounts.models import Letter, MailedLink, Membership, User
from audit.actors import Actor


def tell(
    kind: str,
    *,
    user: User,
    by: Actor,
    at: datetime,
    to: str | None = None,
    facts: dict[str, str] | None = None,
    subject_id: UUID | None = None,
) -> Letter:
    """Queue a letter of a kind with a "this was not me" link, in the transaction of what happened."""
    link = mailed_links.create(
        MailedLink.Purpose.NOT_ME, user=user, at=at, lasts=mailed_links.NOT_ME_LASTS, subject_id=subject_id
    )
    told = letters.origin(by) | (facts or {})
    return letters.queue(kind, user=user, to=to or user.email, at=at, facts=told, link=link)


def tell_member(
    kind: str, *, membership: Membership, by: Actor, at: datetime, facts: dict[str, str] | None = None
) -> Letter:
    """Queue a letter about what somebody else did to a person's access to a company. `by` is told with it."""
    user = membership.user
    told = {"by": by.label} | (facts or {})
    return letters.queue(kind, user=user, to=user.email, company=membership.company, at=at, facts=told)
