"""One member: what is known of them, and what whoever may decides about their access."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.forms import Form
from django.http import HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from accounts import doors
from accounts.access import Access
from accounts.actions import granting, members
from accounts.errors import AccountsError, SecondPersonNeeded
from accounts.forms.members import MemberRoleForm, RevokeForm
from accounts.models import Membership
from accounts.permissions import Permission
from accounts.queries import members as queries
from accounts.queries.api_keys import open_keys, row_of
from accounts.queries.restrictions import words_of
from accounts.queries.roles import get_role
from accounts.step_up import fresh_factor
from accounts.views import second_person
from audit.actions import note_reading
from security.guards import require


@require(Permission.TEAM_VIEW)
@require_safe
def detail(request: Any, id: UUID) -> HttpResponse:
    access, at = request.access, timezone.now()
    member = doors.get_member(access, id)
    if access.can(Permission.SECURITY_LOG_VIEW):
        note_reading(company=access.company, by=access.actor, at=at)
    keys = open_keys(access.company, at).filter(membership=member) if access.can(Permission.API_KEY_VIEW) else []
    context = {
        "member": member,
        "role": get_role(access.company, member.role_key),
        "why_not": why_not(access, member),
        "groups": queries.permissions_by_group(member.rights),
        "seen": None if access.is_restricted else queries.customers_seen(member),
        "sessions": queries.sessions_of(member, at),
        "keys": [row_of(key, at) for key in keys],
        "entries": queries.entries_about(access, member) if access.can(Permission.SECURITY_LOG_VIEW) else [],
    }
    return TemplateResponse(request, "accounts/members/detail.html", context)


@require(Permission.TEAM_EDIT)
@fresh_factor
@require_http_methods(["GET", "POST"])
def role(request: Any, id: UUID) -> HttpResponse:
    access, member = request.access, doors.get_member(request.access, id)
    form = MemberRoleForm(_sent(request), access=access, member=member)

    def act(decision: dict[str, Any]) -> str:
        try:
            changed = members.change_role(membership=member, role=form.cleaned_data["role"], **decision)
        except SecondPersonNeeded as needed:
            return second_person.ask(request, needed)
        return f"{changed} is now {changed.role_name}. Customers seen: {words_of(changed)}."

    return _decided(request, member, form, act, "role")


@require(Permission.TEAM_EDIT)
@fresh_factor
@require_http_methods(["GET", "POST"])
def suspend(request: Any, id: UUID) -> HttpResponse:
    member = doors.get_member(request.access, id)

    def act(decision: dict[str, Any]) -> str:
        members.suspend(membership=member, **decision)
        return f"{member} is suspended, and signed out of {member.company}."

    return _decided(request, member, Form(_sent(request)), act, "suspend")


@require(Permission.TEAM_EDIT)
@fresh_factor
@require_http_methods(["GET", "POST"])
def reactivate(request: Any, id: UUID) -> HttpResponse:
    member = doors.get_member(request.access, id)

    def act(decision: dict[str, Any]) -> str:
        try:
            members.reactivate(membership=member, **decision)
        except SecondPersonNeeded as needed:
            return second_person.ask(request, needed)
        return f"{member} may enter {member.company} again."

    return _decided(request, member, Form(_sent(request)), act, "reactivate")


@require(Permission.TEAM_EDIT)
@fresh_factor
@require_http_methods(["GET", "POST"])
def revoke(request: Any, id: UUID) -> HttpResponse:
    member = doors.get_member(request.access, id)
    ended = queries.ended_with(member, timezone.now())
    form = RevokeForm(_sent(request), member=member, owned=ended.customers)

    def act(decision: dict[str, Any]) -> str:
        members.revoke(membership=member, heir=form.heir, **decision)
        return f"The membership of {member} has ended. Their next click is refused."

    return _decided(request, member, form, act, "revoke", then="accounts:team", ended=ended)


def why_not(access: Access, member: Membership) -> str:
    """Why this visitor decides nothing about a member; empty if they may."""
    if not access.can(Permission.TEAM_EDIT):
        return ""
    if access.is_restricted:
        return granting.HIDDEN
    try:
        granting.refuse_to_judge(access.rights, access.membership, member)
    except AccountsError as refusal:
        return str(refusal)
    return ""


def _sent(request: Any) -> Any:
    """What was answered, also where nothing was to be filled in; None while the page only asks."""
    return request.POST if request.method == "POST" else None


def _decided(
    request: Any,
    member: Membership,
    form: Form,
    act: Callable[[dict[str, Any]], str],
    page: str,
    *,
    then: str = "",
    **context: Any,
) -> HttpResponse:
    """Ask, and act on the answer. Who may not decide about this member is told so before they are asked."""
    access = request.access
    if refused := why_not(access, member):
        messages.error(request, refused)
        return redirect("accounts:member_detail", id=member.pk)
    if form.is_valid():
        try:
            done = act({"granter": access.membership, "by": access.actor, "at": timezone.now()})
        except AccountsError as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, done)
            return redirect(then) if then else redirect("accounts:member_detail", id=member.pk)
    return TemplateResponse(request, f"accounts/members/{page}.html", {"member": member, "form": form} | context)
