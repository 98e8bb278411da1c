"""Taking a log along as a file, and how far that has come."""

from datetime import timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from audit import exports, queries
from audit.models import Export
from audit.registry import Log
from audit.views.taking import MISTAKE, refused, wanted
from security.guards import require

LISTED = 50
STANDS_STILL = timedelta(minutes=5)
UNKNOWN_FORMAT = "Nothing was exported: a log is exported as CSV or as JSON Lines. Choose one of them under Export."


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
    if (asked := wanted(request, log)) is None:
        return refused(request, log, MISTAKE)
    format = request.POST.get("format", "")
    if format not in exports.CONTENT_TYPES:
        return refused(request, log, UNKNOWN_FORMAT)
    export = asked.begin(format, queries.counted(asked.search))
    return StreamingHttpResponse(
        exports.stream(export, asked.search, timezone.now),
        content_type=exports.CONTENT_TYPES[format],
        headers=asked.named(format),
    )


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
