"""Handing a company over to another administrator."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.forms import Form
from django.http import HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts import doors
from accounts.actions import ownership
from accounts.errors import AccountsError
from accounts.forms.ownership import OwnershipOfferForm
from accounts.models import OwnershipTransfer
from accounts.permissions import Permission
from accounts.step_up import fresh_factor
from security.guards import require


@require(Permission.TEAM_EDIT)
@fresh_factor
@require_http_methods(["GET", "POST"])
def offer(request: Any) -> HttpResponse:
    access = request.access
    if not access.membership.is_owner:
        raise PermissionDenied
    form = OwnershipOfferForm(request.POST if request.method == "POST" else None, owner=access.membership)

    def act() -> str:
        to = form.cleaned_data["to"]
        ownership.offer(owner=access.membership, to=to, by=access.actor, at=timezone.now())
        return f"{access.company} is offered to {to}, who has {ownership.LASTS.days} days to accept."

    return _decided(request, form, act, "offer")


@require(Permission.TEAM_EDIT)
@fresh_factor
@require_http_methods(["GET", "POST"])
def accept(request: Any, id: UUID) -> HttpResponse:
    transfer = doors.get_ownership_offer_to(request.access, id, timezone.now())
    return _answered(request, transfer, ownership.accept, "accept", "You own {company} now.")


@require(Permission.TEAM_EDIT)
@require_http_methods(["GET", "POST"])
def decline(request: Any, id: UUID) -> HttpResponse:
    transfer = doors.get_ownership_offer_to(request.access, id, timezone.now())
    return _answered(request, transfer, ownership.decline, "decline", "{company} stays with {owner}.")


@require(Permission.TEAM_EDIT)
@require_http_methods(["GET", "POST"])
def withdraw(request: Any, id: UUID) -> HttpResponse:
    transfer = doors.get_ownership_offer_by(request.access, id, timezone.now())
    return _answered(
        request, transfer, ownership.withdraw, "withdraw", "The offer is taken back. {company} stays yours."
    )


def _answered(
    request: Any, transfer: OwnershipTransfer, action: Callable[..., Any], page: str, sentence: str
) -> HttpResponse:
    def act() -> str:
        action(transfer=transfer, by=request.access.actor, at=timezone.now())
        return sentence.format(company=transfer.company, owner=transfer.offered_by)

    form = Form(request.POST if request.method == "POST" else None)
    return _decided(request, form, act, page, transfer=transfer)


def _decided(request: Any, form: Form, act: Callable[[], str], page: str, **context: Any) -> HttpResponse:
    if form.is_valid():
        try:
            messages.success(request, act())
        except AccountsError as refusal:
            form.add_error(None, str(refusal))
        else:
            return redirect("accounts:team")
    return TemplateResponse(request, f"accounts/ownership/{page}.html", {"form": form} | context)
