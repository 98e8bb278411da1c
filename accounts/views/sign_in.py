from typing import Any

from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from accounts import sessions
from accounts.actions import sign_ins
from accounts.errors import AccountsError, TooManyTries
from accounts.forms.sign_in import CodeForm, SignInForm
from accounts.models.session import Proof
from audit.actors import Actor
from security.guards import factor_set_up, public
from security.redirects import next_url


@public
@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
def sign_in(request: Any) -> HttpResponse:
    onward = next_url(request, settings.LOGIN_REDIRECT_URL)
    if request.user.is_authenticated and request.method == "GET":
        return redirect(onward)
    form, status = SignInForm(request.POST or None), 200
    if form.is_valid():
        try:
            user = sign_ins.with_password(**form.cleaned_data, by=Actor.visitor(request), at=timezone.now())
        except AccountsError as refusal:
            form.add_error(None, str(refusal))
            status = 429 if isinstance(refusal, TooManyTries) else 200
        else:
            sessions.begin(request, user, [Proof.PASSWORD], timezone.now())
            return redirect(onward)
    return TemplateResponse(request, "accounts/sign_in/password.html", {"form": form, "next": onward}, status=status)


@factor_set_up
@sensitive_post_parameters("code")
@require_http_methods(["GET", "POST"])
def sign_in_code(request: Any) -> HttpResponse:
    onward = next_url(request, settings.LOGIN_REDIRECT_URL)
    form, status = CodeForm(request.POST or None), 200
    if form.is_valid():
        try:
            sign_ins.with_code(
                user=request.user,
                code=form.cleaned_data["code"],
                by=Actor.member(request.user, request),
                at=timezone.now(),
            )
        except AccountsError as refusal:
            form.add_error("code", str(refusal))
            status = 429 if isinstance(refusal, TooManyTries) else 200
        else:
            sessions.prove(request, Proof.APP, timezone.now())
            return redirect(onward)
    return TemplateResponse(request, "accounts/sign_in/code.html", {"form": form, "next": onward}, status=status)


@factor_set_up
@require_POST
def sign_out(request: Any) -> HttpResponse:
    sign_ins.end(user=request.user, by=Actor.member(request.user, request), at=timezone.now())
    logout(request)
    return redirect("accounts:sign_in")
