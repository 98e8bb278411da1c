"""Changes of the address a person signs in with."""

from datetime import datetime

from accounts.models import EmailChange, MailedLink, User


def open_change(user: User, at: datetime) -> EmailChange | None:
    """The change that waits for one or both addresses to agree."""
    return EmailChange.objects.filter(user=user, ended_at__isnull=True, expires_at__gt=at).first()


def address_to_restore(link: MailedLink) -> str | None:
    """The address an account gets back by a "this was not me" link: that before the change its letter told of."""
    change = EmailChange.objects.filter(pk=link.subject_id).first() if link.subject_id else None
    return change.old_email if change else None
