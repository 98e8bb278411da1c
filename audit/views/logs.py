"""The two logs, and one entry of each."""

from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from audit import queries
from audit.forms import FilterForm, SavedViewForm
from audit.paging import Page
from audit.registry import Log
from audit.views.asked import PERMISSIONS, address, answer, chosen, filters_of, found_page, note_reading
from security.guards import require


@require(PERMISSIONS["billing"])
@require_safe
def billing_log(request: HttpRequest) -> HttpResponse:
    return show_log(request, "billing")


@require(PERMISSIONS["security"])
@require_safe
def security_log(request: HttpRequest) -> HttpResponse:
    return show_log(request, "security")


@require(PERMISSIONS["billing"])
@require_safe
def billing_entry(request: HttpRequest, id: UUID) -> HttpResponse:
    return _entry(request, "billing", id)


@require(PERMISSIONS["security"])
@require_safe
def security_entry(request: HttpRequest, id: UUID) -> HttpResponse:
    return _entry(request, "security", id)


def show_log(request: Any, log: Log, saving: SavedViewForm | None = None) -> HttpResponse:
    """A log as its address narrows it; `saving` is a form for a saved view that was refused."""
    access, kept = request.access, filters_of(request)
    form = FilterForm(request.GET, log=log, access=access)
    note_reading(request, log)
    search = chosen(request, form, log)
    path, query = reverse(f"audit:{log}_log"), address(kept)
    views = queries.shown_views(log, access.company.pk, access.user.pk, is_restricted=access.is_restricted)
    context = {
        "form": form,
        "log": log,
        "query": query[1:],
        "views": [
            {"url": f"{path}?{one.query}", "label": one.name, "current": one.query == query[1:]} for one in views
        ],
        "own_views": [one for one in views if one.user_id == access.user.pk or access.can("security.edit")],
        "saving": saving or SavedViewForm(),
        "without_customer": path + address(kept, customer=""),
        "without_object": path + address(kept, object=""),
        "whole_name": search.name if search else "",
        "with_parts": path + address(kept, part="1"),
        "may_export": access.can("export.run"),
    }
    return answer(request, f"audit/logs/{log}.html", found_page(request, search), path=path, **context)


def _entry(request: Any, log: Log, id: UUID) -> HttpResponse:
    access = request.access
    entry = queries.events_of(log, access.company.pk, access.visible_customer_ids()).filter(pk=id).first()
    if entry is None:
        raise Http404
    note_reading(request, log)
    queries.with_places([entry])
    return answer(request, "audit/logs/entry.html", Page([entry], None, None), entry=entry, log=log)
