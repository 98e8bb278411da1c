"""Filters of a log under a name: made beside the filters, changed and deleted on a page of their own."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from audit import queries
from audit.actions import saved_views
from audit.errors import AuditError
from audit.forms import SavedViewForm
from audit.models import SavedView
from audit.registry import Log
from audit.views.asked import PERMISSIONS, address, filters_of
from audit.views.logs import show_log
from security.guards import require


@require(PERMISSIONS["billing"])
@require_POST
def billing_view_save(request: HttpRequest) -> HttpResponse:
    return _save(request, "billing")


@require(PERMISSIONS["security"])
@require_POST
def security_view_save(request: HttpRequest) -> HttpResponse:
    return _save(request, "security")


@require(PERMISSIONS["billing"])
@require_http_methods(["GET", "POST"])
def billing_view_edit(request: HttpRequest, id: UUID) -> HttpResponse:
    return _edit(request, "billing", id)


@require(PERMISSIONS["security"])
@require_http_methods(["GET", "POST"])
def security_view_edit(request: HttpRequest, id: UUID) -> HttpResponse:
    return _edit(request, "security", id)


@require(PERMISSIONS["billing"])
@require_POST
def billing_view_delete(request: HttpRequest, id: UUID) -> HttpResponse:
    return _delete(request, "billing", id)


@require(PERMISSIONS["security"])
@require_POST
def security_view_delete(request: HttpRequest, id: UUID) -> HttpResponse:
    return _delete(request, "security", id)


def _save(request: Any, log: Log) -> HttpResponse:
    access, form, query = request.access, SavedViewForm(request.POST), address(filters_of(request))
    if form.is_valid():
        try:
            saved_views.save(
                company=access.company,
                user=access.user,
                of=log,
                query=query[1:],
                **form.cleaned_data,
                by=access.actor,
                at=timezone.now(),
            )
        except AuditError as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, f"View “{form.cleaned_data['name']}” saved. It stands above the filters.")
            return redirect(f"{reverse(f'audit:{log}_log')}{query}")
    return show_log(request, log, form)


def _edit(request: Any, log: Log, id: UUID) -> HttpResponse:
    view = _get(request, log, id)
    is_own = view.user_id == request.access.user.pk
    if not is_own and request.method == "POST":
        raise Http404
    form = SavedViewForm(request.POST or None, initial={"name": view.name, "is_shared": view.is_shared})
    if form.is_valid():
        try:
            saved_views.change(view=view, **form.cleaned_data, by=request.access.actor, at=timezone.now())
        except AuditError as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, f"View “{form.cleaned_data['name']}” saved.")
            return redirect(f"{reverse(f'audit:{log}_log')}?{view.query}")
    return TemplateResponse(
        request, "audit/saved_views/edit.html", {"form": form, "view": view, "log": log, "is_own": is_own}
    )


def _delete(request: Any, log: Log, id: UUID) -> HttpResponse:
    view = _get(request, log, id)
    saved_views.delete(view=view, by=request.access.actor, at=timezone.now())
    messages.success(request, f"View “{view.name}” deleted. The entries it showed stay.")
    return redirect(f"audit:{log}_log")


def _get(request: Any, log: Log, id: UUID) -> SavedView:
    """A view this reader may change or take away: their own, or a shared one if they look after security."""
    access = request.access
    shown = queries.shown_views(log, access.company.pk, access.user.pk, is_restricted=access.is_restricted)
    for view in shown:
        if view.pk == id and (view.user_id == access.user.pk or access.can("security.edit")):
            return view
    raise Http404
