"""Changes of the address a person signs in with."""

from datetime import datetime

from accounts.models import EmailChange, User


def open_change(user: User, at: datetime) -> EmailChange | None:
    """The change that waits for one or both addresses to agree."""
    return EmailChange.objects.filter(user=user, ended_at__isnull=True, expires_at__gt=at).first()


def email_at(user: User, at: datetime) -> str:
    """The address a person had at an instant: that before the first change completed since."""
    completed = EmailChange.objects.filter(user=user, old_agreed_at__isnull=False, new_agreed_at__isnull=False)
    since = completed.filter(ended_at__gte=at).order_by("ended_at").first()
    return since.old_email if since else user.email
