"""The two logs, and what happened to one object."""

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from audit import actions, queries
from audit.forms import FilterForm
from audit.paging import page
from security import refused_ids
from security.guards import require


@require("audit.view")
@require_safe
def billing_log(request: HttpRequest) -> HttpResponse:
    access = request.access
    form = FilterForm(request.GET, log="billing", time_zone=access.company.time_zone)
    rows = _chosen(request, form, queries.billing_events)
    return _answer(request, "audit/logs/billing.html", rows, form=form)


@require("security_log.view")
@require_safe
def security_log(request: HttpRequest) -> HttpResponse:
    access = request.access
    actions.note_reading(company=access.company, by=access.actor, at=timezone.now())
    form = FilterForm(request.GET, log="security", time_zone=access.company.time_zone)
    rows = _chosen(request, form, queries.security_events)
    return _answer(request, "audit/logs/security.html", rows, form=form)


@require("audit.view")
@require_safe
def history(request: HttpRequest, object_type: str, object_id: UUID) -> HttpResponse:
    access = request.access
    filters = queries.Filters(object_type=object_type, object_id=str(object_id))
    rows = queries.billing_events(access.company.pk, filters, access.visible_customer_ids())
    latest = rows.order_by("-at", "-id").first()
    if latest is None:
        raise Http404
    return _answer(request, "audit/logs/history.html", rows, latest=latest)


def _chosen(request: Any, form: FilterForm, query: Any) -> QuerySet[Any]:
    """The rows the form asks for; none while it asks for something impossible."""
    access = request.access
    if not form.is_valid():
        return query(access.company.pk, queries.Filters()).none()
    filters, visible = form.filters(), access.visible_customer_ids()
    if filters.customer_id:
        about = queries.billing_events(access.company.pk, queries.Filters(customer_id=filters.customer_id), visible)
        refused_ids.note_unless(about.exists(), request, str(filters.customer_id))
    if filters.object_id:
        about = query(access.company.pk, queries.Filters(object_id=filters.object_id), visible)
        refused_ids.note_unless(about.exists(), request, filters.object_id)
    return query(access.company.pk, filters, visible)


def _answer(request: HttpRequest, template: str, rows: QuerySet[Any], **context: Any) -> HttpResponse:
    given = request.GET.dict()
    found = page(rows, older_than=given.pop("older_than", ""), newer_than=given.pop("newer_than", ""))
    kept = {name: value for name, value in given.items() if value}
    context |= {
        "page": found,
        "newer": found.newer_than and _address(kept, newer_than=found.newer_than),
        "older": found.older_than and _address(kept, older_than=found.older_than),
        "is_narrowed": bool(kept),
        "without_customer": _address(kept, customer=""),
        "without_object": _address(kept, object=""),
    }
    return TemplateResponse(request, template, context)


def _address(kept: dict[str, Any], **changed: str) -> str:
    """The same page with some words of its address changed, or with an empty value left out."""
    return "?" + urlencode({name: value for name, value in (kept | changed).items() if value})
