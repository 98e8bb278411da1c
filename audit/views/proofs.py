"""Proofs for those who read the logs: of an entry, of what happened to one object, and between two checkpoints."""

from collections.abc import Callable
from itertools import chain, islice
from typing import IO, Any
from uuid import UUID

from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from audit import proofs, queries
from audit.actions.exports import note_history
from audit.forms import ConsistencyForm
from audit.paging import pages
from audit.registry import Log
from audit.views.asked import PERMISSIONS, note_reading
from security.guards import require


@require(PERMISSIONS["billing"])
@require_safe
def billing_proof(request: HttpRequest, id: UUID) -> HttpResponseBase:
    return _proof(request, "billing", id)


@require(PERMISSIONS["security"])
@require_safe
def security_proof(request: HttpRequest, id: UUID) -> HttpResponseBase:
    note_reading(request, "security")
    return _proof(request, "security", id)


@require(PERMISSIONS["billing"])
@require_safe
def history_proof(request: HttpRequest, object_type: str, object_id: UUID) -> HttpResponseBase:
    access = request.access
    search = queries.object_search(object_type, object_id, access.company.pk, access.visible_customer_ids())
    newest = list(islice(chain.from_iterable(pages(search, proofs.AT_ONCE)), proofs.MOST_ENTRIES + 1))
    if not newest:
        raise Http404
    entries, left_out = newest[proofs.MOST_ENTRIES - 1 :: -1], len(newest) > proofs.MOST_ENTRIES

    def made() -> IO[bytes]:
        content = proofs.of_history("billing", entries, left_out)
        note_history(
            company=access.company, object_type=object_type, object_id=object_id, by=access.actor, at=timezone.now()
        )
        return content

    return _download(request, f"history-{object_type}-{object_id}.zip", made)


@require(PERMISSIONS["billing"])
@require_safe
def consistency(request: HttpRequest) -> HttpResponse:
    form = ConsistencyForm(request.GET or None)
    if form.is_valid():
        older, newer = form.cleaned_data["older"], form.cleaned_data["newer"]
        try:
            text = proofs.consistency(older.size, newer)
        except proofs.NoProof as refusal:
            form.add_error(None, str(refusal))
        else:
            headers = {"Content-Disposition": f'attachment; filename="consistency-{older.size}-{newer.size}.txt"'}
            return HttpResponse(text, content_type="text/plain; charset=utf-8", headers=headers)
    return TemplateResponse(request, "audit/proofs/consistency.html", {"form": form})


def _proof(request: Any, log: Log, id: UUID) -> HttpResponseBase:
    access = request.access
    entry = queries.events_of(log, access.company.pk, access.visible_customer_ids()).filter(pk=id).first()
    if entry is None:
        raise Http404
    return _download(request, f"proof-{id}.zip", lambda: proofs.of_entry(log, entry))


def _download(request: HttpRequest, name: str, made: Callable[[], IO[bytes]]) -> HttpResponseBase:
    """The zip, or a page that says why there is none."""
    try:
        content = made()
    except proofs.NoProof as refusal:
        return TemplateResponse(request, "audit/proofs/none.html", {"sentence": str(refusal)}, status=409)
    return FileResponse(content, as_attachment=True, filename=name, content_type="application/zip")
