"""A person's authenticator apps and recovery codes."""

import io
from typing import Any
from uuid import UUID

import segno
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods, require_safe

from accounts import doors, sessions
from accounts.actions import factors, recovery_codes
from accounts.errors import AccountsError, NothingToConfirm
from accounts.forms.factors import AppNameForm, NewAppCodeForm
from accounts.models.session import Proof
from accounts.queries.factors import apps_of, factors_of, has_second_factor, recovery_codes_left
from accounts.step_up import fresh_factor
from accounts.views.factor_changes import after_gaining, after_losing, show_codes
from audit.actors import Actor
from security.guards import factor_set_up, signed_in

USUAL_NAME = "Authenticator app"


@factor_set_up
@fresh_factor
@require_http_methods(["GET", "POST"])
def start_authenticator(request: Any) -> HttpResponse:
    form = AppNameForm(request.POST or None, initial={"name": _next_name(request)})
    if form.is_valid():
        try:
            device = factors.start(user=request.user, name=form.cleaned_data["name"], **_who_and_when(request))
        except AccountsError as refusal:
            form.add_error("name", str(refusal))
        else:
            sessions.begin_set_up(request, device, timezone.now())
            return redirect("accounts:security_authenticator_confirm")
    return TemplateResponse(request, "accounts/factors/start.html", {"form": form})


@factor_set_up
@fresh_factor
@sensitive_post_parameters()
@sensitive_variables("gained")
@require_http_methods(["GET", "POST"])
def confirm_authenticator(request: Any) -> HttpResponse:
    form, device = NewAppCodeForm(request.POST or None), sessions.device_being_set_up(request, timezone.now())
    if device is None:
        messages.error(request, factors.NOTHING_TO_CONFIRM)
        return redirect("accounts:security_authenticator_start")
    if form.is_valid():
        try:
            gained = factors.enrol(
                user=request.user,
                device=device,
                code=form.cleaned_data["code"],
                keep=request.session.row,
                **_who_and_when(request),
            )
        except NothingToConfirm as refusal:
            messages.error(request, str(refusal))
            return redirect("accounts:security_authenticator_start")
        except AccountsError as refusal:
            form.add_error("code", str(refusal))
        else:
            return after_gaining(request, gained, Proof.APP, f"“{device.name}” is set up.")
    context = {"form": form, "device": device, "seed": _in_groups(device.seed)}
    return TemplateResponse(request, "accounts/factors/confirm.html", context)


@factor_set_up
@require_safe
def authenticator_qr(request: Any) -> HttpResponse:
    """The QR code of the app being set up, for the session that sets it up."""
    device = sessions.device_being_set_up(request, timezone.now())
    if device is None:
        raise Http404
    picture = io.BytesIO()
    segno.make(device.provisioning_uri(), error="m").save(picture, kind="svg", scale=6, light="#fff", xmldecl=False)
    return HttpResponse(picture.getvalue(), content_type="image/svg+xml")


@signed_in
@fresh_factor
@require_http_methods(["GET", "POST"])
def rename_authenticator(request: Any, id: UUID) -> HttpResponse:
    device = doors.get_app(request.user, id)
    form = AppNameForm(request.POST or None, initial={"name": device.name})
    if form.is_valid():
        name = form.cleaned_data["name"]
        try:
            factors.rename(user=request.user, device=device, name=name, **_who_and_when(request))
        except AccountsError as refusal:
            form.add_error("name", str(refusal))
        else:
            messages.success(request, f"The app is now called “{name}”.")
            return redirect("accounts:security")
    return TemplateResponse(request, "accounts/factors/rename.html", {"form": form, "device": device})


@signed_in
@fresh_factor
@require_http_methods(["GET", "POST"])
def remove_authenticator(request: Any, id: UUID) -> HttpResponse:
    device, refused = doors.get_app(request.user, id), None
    if request.method == "POST":
        try:
            user = factors.remove(user=request.user, device=device, keep=request.session.row, **_who_and_when(request))
        except AccountsError as refusal:
            refused = str(refusal)
        else:
            return after_losing(request, user, f"“{device.name}” is removed. Your other sessions have ended.")
    context = {"device": device, "is_last": factors_of(request.user) == [device], "refused": refused}
    return TemplateResponse(request, "accounts/factors/remove.html", context)


@signed_in
@fresh_factor
@sensitive_variables("codes")
@require_http_methods(["GET", "POST"])
def replace_recovery_codes(request: Any) -> HttpResponse:
    if not has_second_factor(request.user):
        messages.info(request, "Recovery codes stand in for a second factor. Set one up first.")
        return redirect("accounts:security")
    if request.method == "POST":
        codes = recovery_codes.replace(user=request.user, **_who_and_when(request))
        return show_codes(request, codes)
    context = {"codes_left": recovery_codes_left(request.user)}
    return TemplateResponse(request, "accounts/factors/replace_codes.html", context)


def _next_name(request: Any) -> str:
    """The usual name, with a number from the second app on."""
    count = len(apps_of(request.user))
    return f"{USUAL_NAME} {count + 1}" if count else USUAL_NAME


def _who_and_when(request: Any) -> dict[str, Any]:
    return {"by": Actor.member(request.user, request), "at": timezone.now()}


def _in_groups(seed: str) -> str:
    return " ".join(seed[start : start + 4] for start in range(0, len(seed), 4))
