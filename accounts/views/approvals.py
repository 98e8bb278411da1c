"""What waits for a second person: the list, one request, and what becomes of it."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from accounts import doors
from accounts.actions import approvals
from accounts.approvals import find
from accounts.errors import AccountsError
from accounts.forms.approvals import RefuseForm
from accounts.models import Approval
from accounts.permissions import Permission
from accounts.queries.approval_pages import detail_of, listed
from accounts.queries.approvals import why_not_decide
from accounts.step_up import fresh_factor
from accounts.views import tabs
from security.guards import require

OVER = "decided"
TABS = {"waiting": "Waiting", OVER: "Decided"}


@require(Permission.APPROVAL_VIEW)
@require_safe
def index(request: Any) -> HttpResponse:
    is_over = tabs.chosen(request, TABS) == OVER
    page = listed(request.access, timezone.now(), is_over=is_over, **tabs.positions(request))
    return TemplateResponse(request, "accounts/approvals/list.html", tabs.context(request, TABS, page))


@require(Permission.APPROVAL_VIEW)
@require_safe
def detail(request: Any, id: UUID) -> HttpResponse:
    approval = doors.get_approval(request.access, id)
    return TemplateResponse(request, "accounts/approvals/detail.html", _context(request, approval))


@require(Permission.APPROVAL_DECIDE)
@fresh_factor
@require_http_methods(["GET", "POST"])
def approve(request: Any, id: UUID) -> HttpResponse:
    approval = doors.get_approval(request.access, id)
    if why := _why_not(request, approval):
        return _refused(request, approval, why)
    if request.method != "POST":
        return TemplateResponse(request, "accounts/approvals/approve.html", _context(request, approval))
    done = "You agreed, and it is done." if find(approval.kind).perform else "You agreed. {} can do it now, once."
    return _acted(request, approval, done.format(approval.requested_by), approvals.approve)


@require(Permission.APPROVAL_DECIDE)
@fresh_factor
@require_http_methods(["GET", "POST"])
def refuse(request: Any, id: UUID) -> HttpResponse:
    approval = doors.get_approval(request.access, id)
    if why := _why_not(request, approval):
        return _refused(request, approval, why)
    form = RefuseForm(request.POST or None)
    if not form.is_valid():
        context = _context(request, approval) | {"form": form}
        return TemplateResponse(request, "accounts/approvals/refuse.html", context)
    done = f"The request of {approval.requested_by} is refused. They are told why."
    return _acted(request, approval, done, approvals.refuse, reason=form.cleaned_data["reason"])


@require(Permission.APPROVAL_VIEW)
@require_http_methods(["GET", "POST"])
def withdraw(request: Any, id: UUID) -> HttpResponse:
    approval = doors.get_approval(request.access, id)
    if request.method != "POST":
        return TemplateResponse(request, "accounts/approvals/withdraw.html", _context(request, approval))
    return _acted(request, approval, "Your request is withdrawn.", approvals.withdraw)


def _acted(request: Any, approval: Approval, done: str, act: Callable[..., Any], **details: str) -> HttpResponse:
    access = request.access
    try:
        act(approval=approval, membership=access.membership, by=access.actor, at=timezone.now(), **details)
    except AccountsError as refusal:
        return _refused(request, approval, str(refusal))
    messages.success(request, done)
    return redirect("accounts:approval_detail", id=approval.pk)


def _refused(request: Any, approval: Approval, why: str) -> HttpResponse:
    messages.error(request, why)
    return redirect("accounts:approval_detail", id=approval.pk)


def _why_not(request: Any, approval: Approval) -> str:
    if not approval.is_waiting(timezone.now()):
        return approvals.OVER
    return why_not_decide(approval, request.access.membership)


def _context(request: Any, approval: Approval) -> dict[str, Any]:
    return {"page": detail_of(approval, request.access, timezone.now()), "approval": approval}
