"""What whoever lost every second factor can do, and what the administrators decide about it."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts import doors, pending
from accounts.actions import factor_resets, lost_factors
from accounts.errors import AccountsError
from accounts.models import MailedLink
from accounts.permissions import Permission
from accounts.step_up import fresh_factor
from accounts.views.mailed_links import opened_by
from audit.actors import Actor
from security.guards import public, require


@public
@require_http_methods(["GET", "POST"])
def lost_factor(request: Any) -> HttpResponse:
    """What to do without the second factor. Whoever asks is answered the same, whatever password they typed."""
    at = timezone.now()
    waiting, refused, status = pending.find(request, at), None, 200
    if request.method == "POST" and waiting:
        try:
            lost_factors.ask_before_signing_in(pending=waiting, by=Actor.visitor(request), at=at)
        except AccountsError as refusal:
            refused, status = str(refusal), 429
        else:
            return TemplateResponse(request, "accounts/factor_resets/asked.html")
    context = {"may_ask": waiting is not None, "refused": refused}
    return TemplateResponse(request, "accounts/factor_resets/lost.html", context, status=status)


@require(Permission.TEAM_EDIT)
@fresh_factor
@require_http_methods(["GET", "POST"])
def approve(request: Any, id: UUID) -> HttpResponse:
    reset = doors.get_factor_reset_to_approve(request.access, id)
    if request.method != "POST":
        return TemplateResponse(request, "accounts/factor_resets/approve.html", {"reset": reset})
    try:
        factor_resets.approve(reset=reset, approver=request.user, by=request.access.actor, at=timezone.now())
    except AccountsError as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, f"{reset.user} starts afresh in a day's time, and is told how to stop it.")
    return redirect("accounts:team")


@require(Permission.TEAM_EDIT)
@fresh_factor
@require_http_methods(["GET", "POST"])
def refuse(request: Any, id: UUID) -> HttpResponse:
    reset = doors.get_factor_reset(request.access, id)
    if request.method != "POST":
        context = {"reset": reset, "opens": factor_resets.may_open(request.access.membership, reset)}
        return TemplateResponse(request, "accounts/factor_resets/refuse.html", context)
    try:
        factor_resets.refuse(reset=reset, refuser=request.access.membership, by=request.access.actor, at=timezone.now())
    except AccountsError as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, f"The request of {reset.user} is refused. Their factors stay as they are.")
    return redirect("accounts:team")


@opened_by(MailedLink.Purpose.CANCEL_FACTOR_RESET)
def cancel(request: HttpRequest, link: MailedLink) -> HttpResponse:
    if request.method != "POST":
        return TemplateResponse(request, "accounts/factor_resets/cancel.html")
    factor_resets.cancel(link=link, by=Actor.visitor(request), at=timezone.now())
    return TemplateResponse(request, "accounts/factor_resets/cancelled.html")
