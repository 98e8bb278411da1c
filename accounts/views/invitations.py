"""Asking people into a company, and taking the question back."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from accounts import doors
from accounts.actions import invitations
from accounts.errors import AccountsError, InvitationRefused, SecondPersonNeeded, TooManyTries
from accounts.forms.invitations import InviteForm
from accounts.models import Invitation
from accounts.permissions import Permission
from accounts.step_up import fresh_factor
from accounts.views import second_person
from security.guards import require


@require(Permission.TEAM_EDIT)
@fresh_factor
@require_http_methods(["GET", "POST"])
def create(request: Any) -> HttpResponse:
    access, at, status = request.access, timezone.now(), 200
    form = InviteForm(request.POST or None, access=access)
    if form.is_valid():
        given = {"company": access.company, "granter": access.membership, "by": access.actor, "at": at}
        try:
            done = _invite(request, form, given)
        except InvitationRefused as refusal:
            form.add_error("emails", refusal.reasons)
        except AccountsError as refusal:
            form.add_error(None, str(refusal))
            status = 429 if isinstance(refusal, TooManyTries) else 200
        else:
            messages.success(request, done)
            return redirect("accounts:invitation_create")
    context = {"form": form, "invitations": doors.invitations(access, at)}
    return TemplateResponse(request, "accounts/invitations/create.html", context, status=status)


@require(Permission.TEAM_EDIT)
@fresh_factor
@require_POST
def resend(request: Any, id: UUID) -> HttpResponse:
    done = "{} is invited anew, for seven days. The former letter opens nothing."
    return _answer(request, id, invitations.resend, done)


@require(Permission.TEAM_EDIT)
@require_POST
def withdraw(request: Any, id: UUID) -> HttpResponse:
    done = "The invitation of {} is withdrawn. Its letter opens nothing any more."
    return _answer(request, id, invitations.withdraw, done)


def _answer(request: Any, id: UUID, act: Callable[..., Invitation], done: str) -> HttpResponse:
    access, at = request.access, timezone.now()
    invitation = doors.get_invitation(access, id, at)
    try:
        act(invitation=invitation, granter=access.membership, by=access.actor, at=at)
    except AccountsError as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, done.format(invitation))
    return redirect("accounts:team")


def _invite(request: Any, form: InviteForm, given: dict[str, Any]) -> str:
    try:
        return _invited(invitations.invite_many(**form.cleaned_data, **given))
    except SecondPersonNeeded as needed:
        return second_person.ask(request, needed)


def _invited(made: list[Invitation]) -> str:
    addresses = ", ".join(str(invitation) for invitation in made)
    return f"Invited as {made[0].role_name}: {addresses}. They have seven days to accept."
