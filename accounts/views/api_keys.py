"""The API keys of the company: who made them, for what, and when they were used."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods, require_safe

from accounts import doors
from accounts.actions import api_keys, key_readings
from accounts.approvals import waits
from accounts.errors import AccountsError, SecondPersonNeeded
from accounts.forms.api_keys import ApiKeyForm
from accounts.permissions import Permission
from accounts.queries.api_keys import ended_keys, open_keys, row_of
from accounts.queries.restrictions import named_for
from accounts.step_up import fresh_factor
from accounts.views import second_person
from security.guards import require


@require(Permission.API_KEY_VIEW)
@require_safe
def index(request: Any) -> HttpResponse:
    access, at = request.access, timezone.now()
    context = {
        "open": [row_of(key, at) for key in named_for(access, open_keys(access.company, at))],
        "ended": [row_of(key, at) for key in named_for(access, ended_keys(access.company, at))],
    }
    return TemplateResponse(request, "accounts/api_keys/list.html", context)


@require(Permission.API_KEY_EDIT)
@fresh_factor
@sensitive_variables("token")
@require_http_methods(["GET", "POST"])
def create(request: Any) -> HttpResponse:
    """Make a key. The answer to the form is the one page that shows it."""
    access, at = request.access, timezone.now()
    form = ApiKeyForm(
        request.POST or None,
        access=access,
        today=access.company.today(at),
        asked=second_person.agreed_to(request, api_keys.MAKING),
    )
    if form.is_valid():
        try:
            key, token = api_keys.make(
                maker=access.membership,
                name=form.cleaned_data["name"],
                permissions=form.cleaned_data["permissions"],
                last_day=form.last_day_chosen(),
                sees_nothing_yet=form.sees_nothing_yet,
                by=access.actor,
                at=at,
            )
        except SecondPersonNeeded as needed:
            return _wait(request, form, needed)
        except AccountsError as refusal:
            form.add_error(None, str(refusal))
        else:
            return TemplateResponse(request, "accounts/api_keys/made.html", {"key": key, "token": token})
    return _page(request, form)


def _page(request: Any, form: ApiKeyForm) -> HttpResponse:
    context = {"form": form, "waits": waits(request.access.company, api_keys.MAKING)}
    return TemplateResponse(request, "accounts/api_keys/create.html", context)


def _wait(request: Any, form: ApiKeyForm, needed: SecondPersonNeeded) -> HttpResponse:
    """The key is put before a second person; whoever asked comes back to make exactly that one."""
    try:
        messages.info(request, second_person.ask(request, needed))
    except AccountsError as refusal:
        form.add_error(None, str(refusal))
        return _page(request, form)
    return redirect("accounts:api_key_list")


@require(Permission.API_KEY_VIEW)
@require_safe
def detail(request: Any, id: UUID) -> HttpResponse:
    """What a key may do, where it comes from and what became of it. That somebody looked is in the security log."""
    key, at = doors.get_api_key(request.access, id), timezone.now()
    key_readings.note(key=key, by=request.access.actor, at=at)
    return TemplateResponse(request, "accounts/api_keys/detail.html", {"row": row_of(key, at), "key": key})


@require(Permission.API_KEY_EDIT)
@fresh_factor
@require_http_methods(["GET", "POST"])
def revoke(request: Any, id: UUID) -> HttpResponse:
    key = doors.get_api_key(request.access, id)
    if request.method == "POST":
        try:
            api_keys.revoke(key=key, by=request.access.actor, at=timezone.now())
        except AccountsError as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(request, f"The key “{key.name}” is revoked. Whatever uses it is refused from now on.")
        return redirect("accounts:api_key_detail", id=key.pk)
    return TemplateResponse(request, "accounts/api_keys/revoke.html", {"key": key})
