"""How the log stands, for everybody whose entries are in it: nothing here is about other companies."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from audit import log_keys, queries, witnessing
from audit.durations import in_words
from audit.models import Check
from audit.published import published_note
from audit.state import COUNTED, state_of_the_log
from security.guards import require

LISTED = 50
LONGEST_ID = 18
"""Digits that every database takes for a key of its rows."""
OF_OTHERS = (
    "Something that is not known to be about your company is not as it was sealed. "
    "Whoever runs this installation can see it."
)


@require("audit.view")
@require_safe
def state(request: HttpRequest) -> HttpResponse:
    found, witness = state_of_the_log(timezone.now()), witnessing.standing()
    verifiers = log_keys.verifiers()
    context = {
        "state": found,
        "proved": f"{found.size:,}",
        "unproved": f"more than {COUNTED:,}" if found.unproved > COUNTED else f"{found.unproved:,}",
        "behind": in_words(int(found.behind.total_seconds())),
        "checked": f"{found.finished.size:,}" if found.finished else "",
        "progress": _progress(found.running),
        "findings": _findings(found.finished, str(request.access.company.pk)),
        "warnings": _warnings(found.finished, str(request.access.company.pk)),
        "notices": [(notice.finished_at, one["sentence"]) for notice in found.notices for one in notice.findings],
        "witness": witness,
        "witness_behind": f"{witness.behind:,}" if witness else "",
        "witness_signed": f"{witness.signed:,}" if witness else "",
        "origin": log_keys.origin(),
        "key": str(verifiers[-1]) if verifiers else "",
    }
    return TemplateResponse(request, "audit/state.html", context)


@require("audit.view")
@require_safe
def checkpoint_list(request: HttpRequest) -> HttpResponse:
    before = request.GET.get("before", "")
    rows = queries.checkpoints()
    is_first = not (before.isascii() and before.isdecimal() and len(before) <= LONGEST_ID)
    found = list((rows if is_first else rows.filter(pk__lt=int(before)))[: LISTED + 1])
    context = {
        "checkpoints": [{"row": row, "size": f"{row.size:,}"} for row in found[:LISTED]],
        "older": f"?before={found[LISTED - 1].pk}" if len(found) > LISTED else "",
        "newest": "" if is_first else request.path,
    }
    return TemplateResponse(request, "audit/checkpoints.html", context)


@require("audit.view")
@require_safe
def checkpoint(request: HttpRequest, number: int) -> HttpResponse:
    """One checkpoint as everybody may have it, with what witnesses signed beneath it."""
    found = queries.checkpoints().filter(pk=number).first() if number < 10**LONGEST_ID else None
    if found is None:
        raise Http404
    headers = {"Content-Disposition": f'attachment; filename="checkpoint-{found.size}.txt"'}
    return HttpResponse(published_note(found), content_type="text/plain; charset=utf-8", headers=headers)


def _progress(running: Check | None) -> str:
    if running is None:
        return ""
    return f"{running.position:,} of {running.size:,} entries" if running.position else "at its beginning"


def _findings(check: Check | None, company: str) -> list[dict[str, Any]]:
    """What a check found: in full where it is about the company or the log as a whole, once without words elsewhere."""
    findings = [one for one in check.findings if not one.get("is_warning")] if check else []
    shown = [one for one in findings if _is_shown(one, company)]
    if len(shown) < len(findings):
        shown.append({"sentence": OF_OTHERS})
    return shown


def _warnings(check: Check | None, company: str) -> list[dict[str, Any]]:
    """What a check warns of about the company or the log as a whole; what it warns others of is theirs."""
    warnings = [one for one in check.findings if one.get("is_warning")] if check else []
    return [one for one in warnings if _is_shown(one, company)]


def _is_shown(finding: dict[str, Any], company: str) -> bool:
    return finding.get("company") == company or not finding.get("entry")
