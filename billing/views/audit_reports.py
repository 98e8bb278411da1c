"""What the filters of a log show, as PDF."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from accounts.permissions import Permission
from audit.actions import exports
from audit.forms import FilterForm
from audit.paging import newest
from audit.registry import Log
from audit.views.asked import PERMISSIONS, chosen, filters_of
from billing import doors
from billing.documents.audit_report import render_audit_report
from billing.documents.from_log import report_of
from security import refused_ids
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
    access, at = request.access, timezone.now()
    if not access.can(PERMISSIONS[log]):
        raise PermissionDenied
    kept = filters_of(request)
    form = FilterForm(request.GET, log=log, access=access)
    search = chosen(request, form, log)
    if search is None:
        refused_ids.note_in([form], request)
        messages.error(request, "No report was made: the filters hold a mistake. Correct what is marked below.")
        return redirect(f"{reverse(f'audit:{log}_log')}?{urlencode(kept)}")
    found, looked_back_to = newest(search, MOST_ENTRIES)
    entries, is_cut = found[:MOST_ENTRIES], len(found) > MOST_ENTRIES
    export = exports.begin(
        company=access.company,
        user=access.user,
        of=log,
        format="pdf",
        query=urlencode(kept),
        filters=form.chosen(),
        rows=len(entries),
        by=access.actor,
        at=at,
    )
    report = report_of(
        log=log,
        company=access.company,
        country=doors.get_seller(access).country,
        by=access.actor.label,
        filters=form.chosen(),
        entries=entries,
        is_cut=is_cut,
        looked_back_to=looked_back_to,
        at=at,
    )
    document = render_audit_report(report)
    exports.finish(export=export, rows_done=len(entries), at=at)
    name = f"{log}-log-{access.company.today(at).isoformat()}.pdf"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(document, content_type="application/pdf", headers=headers)
