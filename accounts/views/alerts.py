"""The alerts of the company: the list, and dealing with one."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from accounts import doors
from accounts.actions import alerts
from accounts.errors import AccountsError
from accounts.permissions import Permission
from accounts.queries.alerts import listed
from accounts.views import tabs
from security.guards import require

OPEN = "open"
TABS = {OPEN: "Open", "all": "All"}


@require(Permission.SECURITY_LOG_VIEW)
@require_safe
def index(request: Any) -> HttpResponse:
    only_open = tabs.chosen(request, TABS) == OPEN
    page = listed(request.access, only_open=only_open, **tabs.positions(request))
    return TemplateResponse(request, "accounts/alerts/list.html", tabs.context(request, TABS, page))


@require(Permission.SECURITY_EDIT)
@require_POST
def deal_with(request: Any, id: UUID) -> HttpResponse:
    access = request.access
    alert = doors.get_alert(access, id)
    try:
        alerts.deal_with(alert=alert, membership=access.membership, by=access.actor, at=timezone.now())
    except AccountsError as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, "Dealt with. It stays under All, with your name.")
    return redirect("accounts:alert_list")
