"""A person's own account: at a glance, and all that happened to it."""

from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.db.models import QuerySet
from django.http import HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.queries.email_changes import open_change
from accounts.queries.factor_resets import open_reset
from accounts.queries.factors import apps_of, passkeys_of, recovery_codes_left
from accounts.queries.sessions import known_devices, live_sessions
from audit import paging
from audit.forms import DaysForm
from audit.models import SecurityEvent
from audit.queries import account_events, narrowed
from security.guards import signed_in

NEWEST = 10


@signed_in
@require_safe
def overview(request: Any) -> HttpResponse:
    """How a person signs in, where they are signed in, and what happened to their account."""
    user, at = request.user, timezone.now()
    newest = paging.page(_events_shown_to(request), size=NEWEST)
    context = {
        "sessions": live_sessions(user, at),
        "current": request.session.row,
        "devices": known_devices(user, NEWEST),
        "passkeys": passkeys_of(user),
        "apps": apps_of(user),
        "codes_left": recovery_codes_left(user),
        "email_change": open_change(user, at),
        "factor_reset": open_reset(user),
        "events": newest.entries,
        "has_older_events": newest.older_than is not None,
    }
    return TemplateResponse(request, "accounts/security/overview.html", context)


@signed_in
@require_safe
def events(request: Any) -> HttpResponse:
    """Everything that happened to a person's account, page by page, in the days they ask for."""
    asked, access = request.GET, request.access
    form = DaysForm(asked, time_zone=access.company.time_zone if access else settings.TIME_ZONE)
    rows = narrowed(_events_shown_to(request), form.days()) if form.is_valid() else SecurityEvent.objects.none()
    found = paging.page(rows, older_than=asked.get("older_than", ""), newer_than=asked.get("newer_than", ""))
    days = {name: asked[name] for name in form.fields if asked.get(name)}
    context = {
        "form": form,
        "is_narrowed": bool(days),
        "events": found.entries,
        "newer": found.newer_than and "?" + urlencode(days | {"newer_than": found.newer_than}),
        "older": found.older_than and "?" + urlencode(days | {"older_than": found.older_than}),
    }
    return TemplateResponse(request, "accounts/security/events.html", context)


def _events_shown_to(request: Any) -> QuerySet[SecurityEvent]:
    access = request.access
    if access is None:
        return account_events(request.user.pk, None)
    return account_events(request.user.pk, access.company.pk, access.visible_customer_ids())
