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
from audit.registry import Log
from audit.state import COUNTED, LogState, state_of_the_log
from audit.views.asked import PERMISSIONS
from security.guards import require

LISTED = 50
LONGEST_ID = 18
"""Digits that every database takes for a key of its rows."""
OF_OTHERS = (
    "Something that is not known to be about your company is not as it was sealed. "
    "Whoever runs this installation can see it."
)
FOUND = (
    "Something was found. What it is, only somebody is told who sees all of that log: "
    "ask an administrator of your company."
)
WARNED = (
    "There is a warning. What it is about, only somebody is told who sees all of that log: "
    "ask an administrator of your company."
)


@require("audit.view")
@require_safe
def state(request: HttpRequest) -> HttpResponse:
    found, witness = state_of_the_log(timezone.now()), witnessing.standing()
    findings, warnings = _told(found.finished, request.access)
    verifiers = log_keys.verifiers()
    context = {
        "state": found,
        "proved": f"{found.size:,}",
        "unproved": f"more than {COUNTED:,}" if found.unproved > COUNTED else f"{found.unproved:,}",
        "behind": in_words(int(found.behind.total_seconds())),
        "checked": f"{found.finished.size:,}" if found.finished else "",
        "progress": _progress(found.running),
        "findings": findings,
        "warnings": warnings,
        "notices": _notices(found, request.access),
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


def _told(check: Check | None, access: Any) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """What a check found and what it warns of: in full for who may see it, once without words where there is more.

    What it warns other companies of is theirs, and not told of at all.
    """
    all_of_it = check.findings if check else []
    company = str(access.company.pk)
    findings = [one for one in all_of_it if not one.get("is_warning")]
    warnings = [one for one in all_of_it if one.get("is_warning") and _concerns(one, company)]
    shown = [one for one in findings if _concerns(one, company) and _may_see(one, access)]
    if any(_concerns(one, company) and not _may_see(one, access) for one in findings):
        shown.append({"sentence": FOUND})
    if not all(_concerns(one, company) for one in findings):
        shown.append({"sentence": OF_OTHERS})
    warned = [one for one in warnings if _may_see(one, access)]
    if len(warned) < len(warnings):
        warned.append({"sentence": WARNED})
    return shown, warned


def _notices(found: LogState, access: Any) -> list[tuple[Any, str]]:
    """When and what was found between the checks; when alone for who does not see all."""
    return [
        (notice.finished_at, one["sentence"] if _may_see(one, access) else FOUND)
        for notice in found.notices
        for one in notice.findings
    ]


def _concerns(finding: dict[str, Any], company: str) -> bool:
    """Whether it is about the company, or the log as a whole."""
    return finding.get("company") == company or not finding.get("entry")


def _may_see(finding: dict[str, Any], access: Any) -> bool:
    """Whether somebody reads all of the log that it is about: it may name and count entries of any customer."""
    log: Log = "security" if finding.get("log") == "security" else "billing"
    return not access.is_restricted and access.can(PERMISSIONS[log])
