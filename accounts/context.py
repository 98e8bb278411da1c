"""What every template may ask about the person it is shown to."""

from typing import Any

from django.conf import settings
from django.utils import timezone

from accounts.permissions import Permission


def _seconds_left(request: Any) -> tuple[int, int] | None:
    row = getattr(getattr(request, "session", None), "row", None)
    return row.seconds_left(timezone.now()) if row and row.user_id else None


def access(request: Any) -> dict[str, Any]:
    """Who asks and what they may do.

    `access`, `may.invoice_issue` and the like, the person's `companies`, whether this is the `demo`,
    and the `seconds_left` of their session.
    """
    given = getattr(request, "access", None)
    return {
        "access": given,
        "may": {permission.name.lower(): given is not None and given.can(permission) for permission in Permission},
        "companies": [membership.company for membership in getattr(request, "memberships", [])],
        "demo": settings.DEMO,
        "seconds_left": _seconds_left(request),
    }
