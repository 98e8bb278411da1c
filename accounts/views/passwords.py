"""Choosing a new password: when signed in, or with a mailed link when it is forgotten."""

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import rotate_token
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST

from accounts.actions import passwords
from accounts.errors import AccountsError, PasswordNotAllowed, TooManyTries
from accounts.forms.passwords import ChangePasswordForm, ForgotPasswordForm, ResetPasswordForm
from accounts.models import MailedLink
from accounts.queries.passwords import known_of
from accounts.step_up import fresh_factor
from accounts.views.mailed_links import opened_by
from audit.actors import Actor
from security import ratelimit
from security.address import client_ip, source
from security.guards import public, signed_in
from security.passwords import strength
from security.ratelimit import Limit

ASKED = "asked"
JUDGEMENTS = Limit("password_judgements", tries=120, period=timedelta(minutes=10))


@signed_in
@fresh_factor
@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
def change(request: Any) -> HttpResponse:
    form = ChangePasswordForm(request.POST or None)
    if form.is_valid():
        try:
            user = passwords.change(
                user=request.user,
                **form.cleaned_data,
                keep=request.session.row,
                by=Actor.member(request.user, request),
                at=timezone.now(),
            )
        except PasswordNotAllowed as refusal:
            form.add_error("new", refusal.reasons)
        except AccountsError as refusal:
            form.add_error("current", str(refusal))
        else:
            update_session_auth_hash(request, user)
            rotate_token(request)
            messages.success(request, "Your password is changed. Your other sessions have ended.")
            return redirect("accounts:security")
    return TemplateResponse(request, "accounts/passwords/change.html", {"form": form})


@public
@require_http_methods(["GET", "POST"])
def forgot(request: HttpRequest) -> HttpResponse:
    """The same answer for every address: a letter was sent if it has an account."""
    if ASKED in request.GET and request.method == "GET":
        return TemplateResponse(request, "accounts/passwords/asked.html")
    form, status = ForgotPasswordForm(request.POST or None), 200
    if form.is_valid():
        try:
            passwords.ask_for_reset(**form.cleaned_data, by=Actor.visitor(request), at=timezone.now())
        except TooManyTries as refusal:
            form.add_error(None, str(refusal))
            status = 429
        else:
            return redirect(f"{reverse('accounts:forgot_password')}?{ASKED}")
    return TemplateResponse(request, "accounts/passwords/forgot.html", {"form": form}, status=status)


@opened_by(MailedLink.Purpose.RESET_PASSWORD)
@sensitive_post_parameters()
def reset(request: HttpRequest, link: MailedLink) -> HttpResponse:
    form, status = ResetPasswordForm(request.POST or None), 200
    if form.is_valid():
        try:
            user = passwords.reset(link=link, **form.cleaned_data, by=Actor.visitor(request), at=timezone.now())
        except PasswordNotAllowed as refusal:
            form.add_error("new", refusal.reasons)
        except TooManyTries as refusal:
            form.add_error(None, str(refusal))
            status = 429
        else:
            return TemplateResponse(request, "accounts/passwords/reset_done.html", {"account": user})
    return TemplateResponse(request, "accounts/passwords/reset.html", {"form": form}, status=status)


@public
@sensitive_post_parameters()
@sensitive_variables("password")
@require_POST
def judge(request: Any) -> HttpResponse:
    """How a password being typed would be judged, save for what only its owner's earlier ones tell."""
    if not ratelimit.take(JUDGEMENTS, source(client_ip(request)), at=timezone.now()):
        return JsonResponse({}, status=429)
    password = request.POST.get("password", "")
    judged = strength(password, known_of(request.user) if request.user.is_authenticated else ())
    return JsonResponse({"score": judged.score, "is_accepted": not judged.reasons, "reasons": judged.reasons})
