"""What happened to one record, and what one person, key or process did."""

import re
from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from audit import queries
from audit.models import LOGS
from audit.registry import Log
from audit.views.asked import PERMISSIONS, answer, found_page, note_reading
from security.guards import require

ACTOR_ID = re.compile(r"[^\x00-\x1f\x7f]{1,100}")
"""What the id of an actor may look like; a database is not asked for another, and PostgreSQL refuses a NUL."""


@require(PERMISSIONS["billing"])
@require_safe
def history(request: HttpRequest, object_type: str, object_id: UUID) -> HttpResponse:
    access = request.access
    company_id, visible = access.company.pk, access.visible_customer_ids()
    about = queries.Filters(object_type=object_type, object_id=str(object_id))
    latest = queries.billing_search(company_id, about, visible).newest()
    if latest is None:
        raise Http404
    search = queries.object_search(object_type, object_id, company_id, visible)
    return answer(request, "audit/timelines/object.html", found_page(request, search), latest=latest, log="billing")


@require(PERMISSIONS["billing"])
@require_safe
def billing_person(request: HttpRequest, actor_type: str, actor_id: str) -> HttpResponse:
    return _person(request, "billing", actor_type, actor_id)


@require(PERMISSIONS["security"])
@require_safe
def security_person(request: HttpRequest, actor_type: str, actor_id: str) -> HttpResponse:
    return _person(request, "security", actor_type, actor_id)


def _person(request: Any, log: Log, actor_type: str, actor_id: str) -> HttpResponse:
    """What somebody did as one of the logs tells it; not there for whoever has no entry the reader may see."""
    if not ACTOR_ID.fullmatch(actor_id):
        raise Http404
    readable = [name for name, permission in PERMISSIONS.items() if request.access.can(permission)]
    latest = {name: _search(request, name, actor_type, actor_id).newest() for name in readable}
    known = [entry for entry in latest.values() if entry]
    if not known:
        raise Http404
    note_reading(request, log)
    return answer(
        request,
        "audit/timelines/person.html",
        found_page(request, _search(request, log, actor_type, actor_id)),
        log=log,
        log_title=LOGS[log].log_title,
        readable=readable,
        actor=max(known, key=lambda entry: (entry.at, entry.pk)),
        actor_type=actor_type,
        actor_id=actor_id,
    )


def _search(request: Any, log: Log, actor_type: str, actor_id: str) -> Any:
    access, did = request.access, queries.Filters(actor_id=actor_id, actor_type=actor_type)
    return queries.in_log(log, access.company.pk, did, access.visible_customer_ids())
