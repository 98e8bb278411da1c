"""What the address of a log asks for, the same for its page, its export and its saved views."""

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone

from audit import actions, queries
from audit.forms import FilterForm
from audit.paging import Page, Search, page
from audit.registry import Log
from security import refused_ids

POSITIONS = ("older_than", "newer_than")
PERMISSIONS: dict[Log, str] = {"billing": "audit.view", "security": "security_log.view"}


def chosen(request: Any, form: FilterForm, log: Log) -> Search | None:
    """The entries the form asks for; none while it asks for something impossible."""
    if not form.is_valid():
        return None
    access, filters = request.access, form.filters()
    company_id, visible = access.company.pk, access.visible_customer_ids()
    if filters.customer_id:
        about = queries.billing_events(company_id, queries.Filters(customer_id=filters.customer_id), visible)
        refused_ids.note_unless(about.exists(), request, str(filters.customer_id))
    if filters.object_id:
        about = queries.narrowed(
            queries.events_of(log, company_id, visible), queries.Filters(object_id=filters.object_id)
        )
        refused_ids.note_unless(about.exists(), request, filters.object_id)
    return queries.in_log(log, company_id, filters, visible)


def found_page(request: HttpRequest, search: Search | None) -> Page:
    """The page of the search that the address asks for, each entry with its place in the tree."""
    if search is None:
        return Page([], newer_than=None, older_than=None)
    older, newer = (request.GET.get(name, "") for name in POSITIONS)
    found = page(search, older_than=older, newer_than=newer)
    queries.with_places(found.entries)
    return found


def answer(request: HttpRequest, template: str, found: Page, *, path: str = "", **context: Any) -> TemplateResponse:
    """The page with the addresses of those before and after it; `path` is theirs where it is not this one's."""
    kept = filters_of(request)
    context |= {
        "page": found,
        "newer": found.newer_than and path + address(kept, newer_than=found.newer_than),
        "older": found.older_than and path + address(kept, older_than=found.older_than),
        "people": reverse("audit:billing_person", args=["x", "x"]).removesuffix("x/x/"),
        "people_end": "security/" if context.get("log") == "security" else "",
        "is_narrowed": bool(kept),
        "is_further_on": any(request.GET.get(name) for name in POSITIONS),
    }
    return TemplateResponse(request, template, context)


def filters_of(request: HttpRequest) -> dict[str, str]:
    """What the address narrows a log to, without the place in it."""
    return {name: value for name, value in request.GET.dict().items() if value and name not in POSITIONS}


def address(kept: dict[str, str], **changed: str) -> str:
    """The same page with some words of its address changed, or with an empty value left out."""
    return "?" + urlencode({name: value for name, value in (kept | changed).items() if value})


def note_reading(request: Any, log: Log) -> None:
    """Reading the security log is itself an entry in it (ADR 4)."""
    if log == "security":
        actions.note_reading(company=request.access.company, by=request.access.actor, at=timezone.now())
