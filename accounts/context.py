"""What every template may ask about the person it is shown to."""

from typing import Any

from django.conf import settings

from accounts.permissions import Permission


def access(request: Any) -> dict[str, Any]:
    """`access`, `may.invoice_issue` and the like, the person's `companies`, and whether this is the `demo`."""
    given = getattr(request, "access", None)
    return {
        "access": given,
        "may": {permission.name.lower(): given is not None and given.can(permission) for permission in Permission},
        "companies": [membership.company for membership in getattr(request, "memberships", [])],
        "demo": settings.DEMO,
    }
