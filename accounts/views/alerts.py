"""The alerts of the company: the list, and dealing with one."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from accounts import doors
from accounts.actions import alerts
from accounts.errors import AccountsError
from accounts.permissions import Permission
from accounts.queries.alerts import listed
from security.guards import require

OPEN, ALL = "open", "all"


@require(Permission.SECURITY_LOG_VIEW)
@require_safe
def index(request: Any) -> HttpResponse:
    tab = ALL if request.GET.get("tab") == ALL else OPEN
    positions = {name: request.GET.get(name, "") for name in ("older_than", "newer_than")}
    page = listed(request.access, only_open=tab == OPEN, **positions)
    address = reverse("accounts:alert_list")
    tabs = {OPEN: ("Open", address), ALL: ("All", f"{address}?tab={ALL}")}
    context = {
        "rows": page.entries,
        "tab": tab,
        "chips": [{"label": label, "url": url, "current": name == tab} for name, (label, url) in tabs.items()],
        "previous": page.newer_than and f"?tab={tab}&newer_than={page.newer_than}",
        "next": page.older_than and f"?tab={tab}&older_than={page.older_than}",
    }
    return TemplateResponse(request, "accounts/alerts/list.html", context)


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
