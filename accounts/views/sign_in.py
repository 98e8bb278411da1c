from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from accounts import passkeys, pending, sessions
from accounts.actions import known_devices, sign_ins
from accounts.actions.sign_ins import SecondStep, SignedIn
from accounts.errors import PasskeyRefused, SignInRefused, TooManyTries
from accounts.forms.passkeys import sent_passkey
from accounts.forms.sign_in import CodeForm, SignInForm
from audit.actors import Actor
from security.cookies import read_cookie, set_cookie
from security.guards import public
from security.redirects import next_url

DEVICE = "device"
CODES_LEFT = (
    "You used a recovery code. Codes left: {left}. Make new ones under Sign-in and security before you need them."
)


@public
@sensitive_post_parameters("password", "passkey")
@require_http_methods(["GET", "POST"])
def sign_in(request: Any) -> HttpResponse:
    onward = next_url(request, settings.LOGIN_REDIRECT_URL)
    if request.user.is_authenticated and request.method == "GET":
        return redirect(onward)
    at, who = timezone.now(), _who(request)
    answer, state = sent_passkey(request)
    if answer:
        try:
            return begin(request, sign_ins.with_passkey(answer=answer, state=state, **who, at=at), onward, at)
        except PasskeyRefused as refusal:
            return _first_page(request, SignInForm(), onward, refusal)
    form = SignInForm(request.POST or None)
    if not form.is_valid():
        return _first_page(request, form, onward)
    try:
        outcome = sign_ins.with_password(**form.cleaned_data, **who, at=at)
    except TooManyTries as refusal:
        return _first_page(request, form, onward, refusal, status=429)
    if isinstance(outcome, SignedIn):
        return begin(request, outcome, onward, at)
    pending.keep(request, outcome)
    return _redirect("accounts:sign_in_code", onward)


@public
@sensitive_post_parameters("code", "passkey")
@require_http_methods(["GET", "POST"])
def sign_in_code(request: Any) -> HttpResponse:
    """The same page for everybody whom a password alone did not sign in, whether it was right or not."""
    onward, at = next_url(request, settings.LOGIN_REDIRECT_URL), timezone.now()
    if request.user.is_authenticated:
        return redirect(onward)
    if pending.find(request, at) is None:
        return _start_again(request, onward)
    form = CodeForm(request.POST or None)
    answer, state = sent_passkey(request)
    if answer:
        step = SecondStep(answer=answer, state=state)
    elif form.is_valid():
        step = SecondStep(code=form.cleaned_data["code"])
    else:
        context = {"form": form, "next": onward, "passkey": passkeys.request_options(passkeys.SIGN_IN)}
        return TemplateResponse(request, "accounts/sign_in/code.html", context)
    waiting = pending.consume(request, at)
    if waiting is None:
        return _start_again(request, onward)
    try:
        signed_in = sign_ins.with_second_step(pending=waiting, step=step, **_who(request), at=at)
    except SignInRefused as refusal:
        return _first_page(request, SignInForm(initial={"email": waiting.address}), onward, refusal)
    return begin(request, signed_in, onward, at)


def _who(request: Any) -> dict[str, Any]:
    """Who asks, as signing in takes it: a visitor, in a browser that may be known."""
    return {"by": Actor.visitor(request), "device_token": read_cookie(request, DEVICE)}


def begin(request: Any, signed_in: SignedIn, onward: str, at: datetime) -> HttpResponse:
    """Sign somebody in who has shown all, remember the browser, and go on."""
    remembered = known_devices.remember(
        account=signed_in.account,
        token=read_cookie(request, DEVICE),
        by=Actor.member(signed_in.user, request),
        at=at,
    )
    sessions.begin(request, signed_in.user, signed_in.proofs, at, device=remembered.device)
    if signed_in.recovery_codes_left is not None:
        messages.warning(request, CODES_LEFT.format(left=signed_in.recovery_codes_left))
    response = redirect(onward)
    set_cookie(response, DEVICE, remembered.token, age=known_devices.LASTS)
    return response


def _first_page(
    request: Any, form: SignInForm, onward: str, refusal: Exception | None = None, *, status: int = 200
) -> HttpResponse:
    context = {
        "form": form,
        "next": onward,
        "refusal": refusal and str(refusal),
        "action": f"{reverse('accounts:sign_in')}?{urlencode({'next': onward})}",
        "passkey": passkeys.request_options(passkeys.SIGN_IN),
    }
    return TemplateResponse(request, "accounts/sign_in/password.html", context, status=status)


def _start_again(request: Any, onward: str) -> HttpResponse:
    """The address says why, for a message would keep a session for everybody who sends this form."""
    said = {"ended": "try"} if request.method == "POST" else {}
    return _redirect("accounts:sign_in", onward, **said)


def _redirect(route: str, onward: str, **said: str) -> HttpResponse:
    return redirect(f"{reverse(route)}?{urlencode({'next': onward} | said)}")
