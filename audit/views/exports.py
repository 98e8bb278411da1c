"""Taking a log along as a file, and how far that has come."""

from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from audit import exports, queries
from audit.actions import exports as export_actions
from audit.forms import FilterForm
from audit.models import Export
from audit.paging import Search
from audit.registry import Log
from audit.views.asked import PERMISSIONS, chosen, filters_of
from security import refused_ids
from security.guards import require

LISTED = 50
COUNTED = 100_000
COUNTED_LANES = 50
STANDS_STILL = timedelta(minutes=5)


@require("export.run")
@require_POST
def billing_export(request: HttpRequest) -> HttpResponseBase:
    return _export(request, "billing")


@require("export.run")
@require_POST
def security_export(request: HttpRequest) -> HttpResponseBase:
    return _export(request, "security")


@require("export.run")
@require_safe
def export_list(request: HttpRequest) -> HttpResponse:
    access = request.access
    found = list(queries.exports_of(access.company.pk, access.user.pk)[:LISTED])
    rows = [_listed(one) for one in found]
    context = {"rows": rows, "are_moving": any(row["state"] == "moving" for row in rows)}
    return TemplateResponse(request, "audit/exports/list.html", context)


def _export(request: Any, log: Log) -> HttpResponseBase:
    access, at = request.access, timezone.now()
    if not access.can(PERMISSIONS[log]):
        raise PermissionDenied
    kept, format = filters_of(request), request.POST.get("format", "")
    form = FilterForm(request.GET, log=log, access=access)
    search = chosen(request, form, log)
    if search is None or format not in exports.CONTENT_TYPES:
        refused_ids.note_in([form], request)
        messages.error(request, "Nothing was exported: the filters hold a mistake. Correct what is marked below.")
        return redirect(f"{reverse(f'audit:{log}_log')}?{urlencode(kept)}")
    export = export_actions.begin(
        company=access.company,
        user=access.user,
        of=log,
        format=format,
        query=urlencode(kept),
        filters=form.chosen(),
        rows=_counted(search),
        by=access.actor,
        at=at,
    )
    name = f"{log}-log-{access.company.today(at).isoformat()}.{format}"
    return StreamingHttpResponse(
        exports.stream(export, search, timezone.now),
        content_type=exports.CONTENT_TYPES[format],
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _counted(search: Search) -> int | None:
    """How many entries an index alone can count; None where each would have to be looked at, or there are too many."""
    if search.rest is not None or len(search.lanes) > COUNTED_LANES:
        return None
    count = sum(lane.values("pk")[: COUNTED + 1].count() for lane in search.lanes)
    return count if count <= COUNTED else None


def _listed(export: Export) -> dict[str, Any]:
    if export.finished_at:
        state = "whole"
    elif export.broken_off_at or export.moved_at < timezone.now() - STANDS_STILL:
        state = "broken"
    else:
        state = "moving"
    log = reverse(f"audit:{export.log}_log")
    return {
        "export": export,
        "state": state,
        "url": f"{log}?{export.query}" if export.query else log,
        "done": f"{export.rows_done:,}",
        "total": "" if export.rows is None or export.finished_at else f"{export.rows:,}",
    }
