"""Telling a person by letter what happened to their account, with a link for the case that it was not them."""

from datetime import datetime
from uuid import UUID

from accounts import letters
from accounts.actions import mailed_links
from accounts.models import Letter, MailedLink, User
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
