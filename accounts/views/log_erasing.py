"""Erasing what the logs say about a person who asked for it: finding them, and saying so."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from accounts import doors
from accounts.actions import log_erasing, log_retention
from accounts.errors import AccountsError
from accounts.forms.log_erasing import LogErasingForm, PersonSearchForm
from accounts.permissions import Permission
from accounts.queries.log_erasing import NEWEST, SHOWN, extent, find
from accounts.step_up import fresh_factor
from security.guards import require


@require(Permission.SECURITY_EDIT)
@require_safe
def index(request: Any) -> HttpResponse:
    access = request.access
    if access.is_restricted:
        return _closed(request)
    form = PersonSearchForm(request.GET)
    text = form.cleaned_data["q"].strip() if form.is_valid() else ""
    people = find(access.company, text) if text else None
    context = {"text": text, "people": people, "most": SHOWN, "newest": f"{NEWEST:,}"}
    return TemplateResponse(request, "accounts/log_retention/people.html", context)


@require(Permission.SECURITY_EDIT)
@fresh_factor
@require_http_methods(["GET", "POST"])
def person(request: Any, kind: str, id: UUID) -> HttpResponse:
    """What would be erased about one person, and the button that does it."""
    access, at = request.access, timezone.now()
    if access.is_restricted:
        return _closed(request)
    whom = doors.get_person_in_logs(access, kind, id)
    form = LogErasingForm(request.POST or None)
    if form.is_valid():
        reason = form.cleaned_data["reason"]
        try:
            log_erasing.ask(membership=access.membership, person=whom, reason=reason, by=access.actor, at=at)
        except AccountsError as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, f"What old entries say about {whom} is being erased. It takes some minutes.")
            return redirect("accounts:log_erasing")
    context = {
        "form": form,
        "person": whom,
        "is_member": whom.is_member_of(access.company),
        "extent": extent(access.company, whom, at),
    }
    return TemplateResponse(request, "accounts/log_retention/person.html", context)


def _closed(request: Any) -> HttpResponse:
    return TemplateResponse(request, "accounts/log_retention/closed.html", {"sentence": log_retention.HIDDEN})
