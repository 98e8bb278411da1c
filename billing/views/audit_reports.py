"""What the filters of a log show, as PDF."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_POST

from accounts.permissions import Permission
from audit.actions import exports
from audit.paging import newest
from audit.registry import Log
from audit.views.taking import MISTAKE, refused, wanted
from billing import doors
from billing.documents.audit_report import render_audit_report
from billing.documents.from_log import report_of
from security.guards import require

MOST_ENTRIES = 1_000


@require(Permission.EXPORT_RUN)
@require_POST
def billing_report(request: HttpRequest) -> HttpResponse:
    return _report(request, "billing")


@require(Permission.EXPORT_RUN)
@require_POST
def security_report(request: HttpRequest) -> HttpResponse:
    return _report(request, "security")


def _report(request: Any, log: Log) -> HttpResponse:
    if (asked := wanted(request, log)) is None:
        return refused(request, log, MISTAKE)
    found, looked_back_to = newest(asked.search, MOST_ENTRIES)
    entries, access = found[:MOST_ENTRIES], request.access
    export = asked.begin("pdf", len(entries))
    report = report_of(
        log=log,
        company=access.company,
        country=doors.get_seller(access).country,
        by=access.actor.label,
        filters=asked.filters,
        entries=entries,
        is_cut=len(found) > MOST_ENTRIES,
        looked_back_to=looked_back_to,
        at=asked.at,
    )
    document = render_audit_report(report)
    exports.finish(export=export, rows_done=len(entries), at=asked.at)
    return HttpResponse(document, content_type="application/pdf", headers=asked.named("pdf"))
