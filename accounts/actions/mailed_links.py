"""Links that a letter carries and that act once: made with the change, given a token when the letter leaves."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Q

from accounts.errors import LinkNotLive
from accounts.models import MailedLink, User
from security.tokens import token_hash

NOT_ME_LASTS = timedelta(days=7)
REFUSAL = "This link does nothing any more: it was used, is too old, or was mistyped."


def create(
    purpose: MailedLink.Purpose, *, user: User | None, at: datetime, lasts: timedelta, subject_id: UUID | None = None
) -> MailedLink:
    """A link to go into a letter, in the caller's transaction. Without a user only an invitation leads somewhere."""
    link = MailedLink(user=user, purpose=purpose, subject_id=subject_id, created_at=at, expires_at=at + lasts)
    link.save(force_insert=True)
    return link


def live(token: str, purpose: MailedLink.Purpose, at: datetime) -> MailedLink:
    """The link of a token. One that never was, is used, too old or meant for something else is refused alike."""
    return live_among(token, [purpose], at)


def live_among(token: str, purposes: Iterable[MailedLink.Purpose], at: datetime) -> MailedLink:
    """The link of a token that may have one of several purposes."""
    leads_somewhere = Q(user__isnull=False) | Q(purpose=MailedLink.Purpose.ACCEPT_INVITATION)
    links = MailedLink.objects.select_related("user").filter(leads_somewhere)
    link = links.filter(token_hash=token_hash(token), purpose__in=purposes).first()
    if link is None or not link.is_live(at):
        raise LinkNotLive(REFUSAL)
    return link


def use(link: MailedLink, at: datetime) -> None:
    """Use a link up, in the transaction of what it does. One statement decides, so of two at once one is refused."""
    live = MailedLink.objects.filter(pk=link.pk, used_at__isnull=True, expires_at__gt=at)
    if not live.update(used_at=at):
        raise LinkNotLive(REFUSAL)


def withdraw(user: User, *purposes: MailedLink.Purpose, at: datetime) -> None:
    """End the links of a person that were not used, of some purposes or, if none is named, all."""
    links = MailedLink.objects.filter(user=user, used_at__isnull=True)
    (links.filter(purpose__in=purposes) if purposes else links).update(used_at=at)


def withdraw_of(subject_id: UUID, purpose: MailedLink.Purpose, *, at: datetime) -> None:
    """End the links about one record that were not used."""
    MailedLink.objects.filter(subject_id=subject_id, purpose=purpose, used_at__isnull=True).update(used_at=at)


def withdraw_not_me(user: User, at: datetime) -> None:
    """End the "this was not me" links of the letters so far, which somebody else may have collected.

    Those of letters about a change of address stay: whoever took an account over in that way could end them too.
    """
    links = MailedLink.objects.filter(user=user, purpose=MailedLink.Purpose.NOT_ME, subject_id__isnull=True)
    links.filter(used_at__isnull=True).update(used_at=at)
