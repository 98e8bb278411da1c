"""Acts that ask again who is there: a factor shown in the last five minutes, not merely at sign-in."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpResponseBase
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters

from accounts import passkeys, sessions
from accounts.actions import step_ups
from accounts.errors import AccountsError, TooManyTries
from accounts.forms.step_up import ConfirmForm, carried_fields
from accounts.models.session import SECOND_FACTORS, Proof
from accounts.queries.factors import kinds_of
from audit.actors import Actor
from security.guards import View


def fresh_factor(view: View) -> View:
    """Let the request through once a factor was shown within five minutes, by passkey first; the password without one.

    Whoever filled in a form meanwhile does not fill it in again: what they sent is carried through
    the confirmation, save for passwords and files.
    """

    @wraps(view)
    @sensitive_post_parameters()
    def stepped(request: Any, *args: Any, **kwargs: Any) -> HttpResponseBase:
        at, row = timezone.now(), request.session.row
        if sessions.is_fresh(row, SECOND_FACTORS, at):
            return view(request, *args, **kwargs)
        kinds = kinds_of(request.user)
        if not any(kinds) and sessions.is_fresh(row, {Proof.PASSWORD}, at):
            return view(request, *args, **kwargs)
        answer = request.POST if ConfirmForm.is_sent(request) else None
        form, status = ConfirmForm(answer, kinds=kinds, interrupted=request.method), 200
        if form.is_valid():
            by = Actor.member(request.user, request)
            try:
                kind = step_ups.confirm(user=request.user, **form.shown(), by=by, at=at)
            except AccountsError as refusal:
                form.add_error(None, str(refusal))
                status = 429 if isinstance(refusal, TooManyTries) else 200
            else:
                sessions.prove(request, kind, at)
                if form.cleaned_data["interrupted"] == "GET":
                    return redirect(request.get_full_path())
                return view(request, *args, **kwargs)
        return TemplateResponse(
            request,
            "accounts/step_up/confirm.html",
            {
                "form": form,
                "layout": "base.html" if request.access else "auth_base.html",
                "carried": carried_fields(request),
                "passkey": passkeys.request_options(step_ups.PURPOSE, request.user) if kinds.passkey else None,
            },
            status=status,
        )

    stepped.fresh_factor = True
    return stepped


def fresh_factor_when(needed: Callable[[Any], bool]) -> Callable[[View], View]:
    """Ask for a fresh factor only for requests that need it: of a page that changes much, what moves money."""

    def decorate(view: View) -> View:
        stepped = fresh_factor(view)

        @wraps(stepped)
        def chosen(request: Any, *args: Any, **kwargs: Any) -> HttpResponseBase:
            return (stepped if needed(request) else view)(request, *args, **kwargs)

        return chosen

    return decorate
