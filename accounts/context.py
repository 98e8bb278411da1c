"""What every template may ask about the person it is shown to."""

from typing import Any

from django.conf import settings
from django.utils import timezone

from accounts.permissions import Permission
from accounts.queries.alerts import count_open
from accounts.queries.approvals import count_to_decide


def _seconds_left(request: Any) -> tuple[int, int] | None:
    row = getattr(getattr(request, "session", None), "row", None)
    return row.seconds_left(timezone.now()) if row and row.user_id else None


def access(request: Any) -> dict[str, Any]:
    """Who asks and what they may do.

    `access`, `may.invoice_issue` and the like, the person's `companies`, whether this is the `demo`,
    the `seconds_left` of their session, how many requests for a second person they can decide (`to_decide`),
    and how many alerts are open (`open_alerts`).
    """
    given = getattr(request, "access", None)
    return {
        "access": given,
        "may": {permission.name.lower(): given is not None and given.can(permission) for permission in Permission},
        "companies": [membership.company for membership in getattr(request, "memberships", [])],
        "demo": settings.DEMO,
        "seconds_left": _seconds_left(request),
        "to_decide": lambda: count_to_decide(given, timezone.now()) if given else 0,
        "open_alerts": lambda: count_open(given) if given else "",
    }
