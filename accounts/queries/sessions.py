"""Where people are signed in."""

from datetime import datetime

from accounts.models import KnownDevice, Session, User
from accounts.models.session import LONGEST_IDLE


def live_sessions(user: User, at: datetime) -> list[Session]:
    """The sessions a person could go on with, the last used first."""
    used_lately = Session.objects.filter(user=user, seen_at__gt=at - LONGEST_IDLE)
    rows = used_lately.select_related("company", "user").order_by("-seen_at", "-id")
    return [session for session in rows if session.is_live(at)]


def known_devices(user: User, most: int) -> list[KnownDevice]:
    """The browsers a person signed in with before, the last used first."""
    return list(KnownDevice.objects.filter(user=user).order_by("-last_seen_at", "-id")[:most])
