"""A person's own account: password and second factor."""

import io
from typing import Any

import segno
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods, require_safe

from accounts import sessions
from accounts.actions import factors, users
from accounts.errors import AccountsError, NothingToConfirm, SecondFactorAlreadySetUp
from accounts.forms.security import ChangePasswordForm, ConfirmPasswordForm, NewAppCodeForm
from accounts.forms.sign_in import CodeForm
from accounts.models.session import Proof
from accounts.queries.factors import confirmed_device, recovery_codes_left
from audit.actors import Actor
from security.guards import signed_in


@signed_in
@require_safe
def overview(request: Any) -> HttpResponse:
    context = {"device": confirmed_device(request.user), "codes_left": recovery_codes_left(request.user)}
    return TemplateResponse(request, "accounts/security/overview.html", context)


@signed_in
@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
def change_password(request: Any) -> HttpResponse:
    form = ChangePasswordForm(request.POST or None, user=request.user)
    if form.is_valid():
        try:
            user = users.change_password(user=request.user, **form.cleaned_data, **_who_and_when(request))
        except AccountsError as refusal:
            form.add_error("current", str(refusal))
        else:
            update_session_auth_hash(request, user)
            messages.success(request, "Your password is changed. Your other sessions have ended.")
            return redirect("accounts:security")
    return TemplateResponse(request, "accounts/security/change_password.html", {"form": form})


@signed_in
@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
def start_authenticator(request: Any) -> HttpResponse:
    form = ConfirmPasswordForm(request.POST or None)
    if confirmed_device(request.user):
        return redirect("accounts:security")
    if form.is_valid():
        try:
            device = factors.start(user=request.user, password=form.cleaned_data["current"], **_who_and_when(request))
        except AccountsError as refusal:
            form.add_error("current", str(refusal))
        else:
            sessions.begin_set_up(request, device, timezone.now())
            return redirect("accounts:security_authenticator_confirm")
    return TemplateResponse(request, "accounts/security/start_authenticator.html", {"form": form})


@signed_in
@sensitive_post_parameters()
@sensitive_variables("codes")
@require_http_methods(["GET", "POST"])
def confirm_authenticator(request: Any) -> HttpResponse:
    form, device = NewAppCodeForm(request.POST or None), sessions.device_being_set_up(request, timezone.now())
    if device is None:
        return redirect("accounts:security")
    if form.is_valid():
        try:
            codes = factors.enrol(user=request.user, code=form.cleaned_data["code"], **_who_and_when(request))
        except (NothingToConfirm, SecondFactorAlreadySetUp) as refusal:
            messages.error(request, str(refusal))
            return redirect("accounts:security")
        except AccountsError as refusal:
            form.add_error("code", str(refusal))
        else:
            sessions.prove(request, Proof.APP, timezone.now())
            return TemplateResponse(request, "accounts/security/recovery_codes.html", {"codes": codes, "is_new": True})
    return TemplateResponse(
        request, "accounts/security/confirm_authenticator.html", {"form": form, "seed": _in_groups(device.seed)}
    )


@signed_in
@require_safe
def authenticator_qr(request: Any) -> HttpResponse:
    """The QR code of the app being set up, for the person setting it up."""
    device = sessions.device_being_set_up(request, timezone.now())
    if device is None:
        raise Http404
    picture = io.BytesIO()
    segno.make(device.provisioning_uri(), error="m").save(picture, kind="svg", scale=6, light="#fff", xmldecl=False)
    return HttpResponse(picture.getvalue(), content_type="image/svg+xml")


@signed_in
@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
def remove_authenticator(request: Any) -> HttpResponse:
    form = CodeForm(request.POST or None)
    if confirmed_device(request.user) is None:
        return redirect("accounts:security")
    if form.is_valid():
        try:
            user = factors.remove(user=request.user, code=form.cleaned_data["code"], **_who_and_when(request))
        except AccountsError as refusal:
            form.add_error("code", str(refusal))
        else:
            update_session_auth_hash(request, user)
            messages.success(request, "Your authenticator app is removed. From now on the password alone signs you in.")
            return redirect("accounts:security")
    return TemplateResponse(request, "accounts/security/remove_authenticator.html", {"form": form})


@signed_in
@sensitive_post_parameters()
@sensitive_variables("codes")
@require_http_methods(["GET", "POST"])
def replace_recovery_codes(request: Any) -> HttpResponse:
    form = CodeForm(request.POST or None)
    if confirmed_device(request.user) is None:
        return redirect("accounts:security")
    if form.is_valid():
        try:
            codes = factors.replace_recovery_codes(
                user=request.user, code=form.cleaned_data["code"], **_who_and_when(request)
            )
        except AccountsError as refusal:
            form.add_error("code", str(refusal))
        else:
            return TemplateResponse(request, "accounts/security/recovery_codes.html", {"codes": codes})
    return TemplateResponse(request, "accounts/security/replace_recovery_codes.html", {"form": form})


def _who_and_when(request: Any) -> dict[str, Any]:
    return {"by": Actor.member(request.user, request), "at": timezone.now()}


def _in_groups(seed: str) -> str:
    return " ".join(seed[start : start + 4] for start in range(0, len(seed), 4))
