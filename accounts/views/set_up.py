from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from accounts import passkeys, sessions
from accounts.actions import step_ups
from accounts.errors import PasskeyRefused
from accounts.forms.passkeys import sent_passkey
from audit.actors import Actor
from security.guards import factor_set_up
from security.redirects import next_url


@factor_set_up
@sensitive_post_parameters("passkey")
@require_http_methods(["GET", "POST"])
def choose(request: Any) -> HttpResponse:
    """Where whoever lacks a demanded factor is led: to set one up, or to use the passkey they have."""
    onward = next_url(request, settings.LOGIN_REDIRECT_URL)
    if not request.demand.kind:
        return redirect(onward)
    if not request.demand.has_one:
        return TemplateResponse(request, "accounts/factors/choose.html", {"demand": request.demand})
    refused = None
    answer, state = sent_passkey(request)
    if answer:
        try:
            who = Actor.member(request.user, request)
            proof = step_ups.with_passkey(user=request.user, state=state, answer=answer, by=who, at=timezone.now())
        except PasskeyRefused as refusal:
            refused = str(refusal)
        else:
            sessions.prove(request, proof, timezone.now())
            return redirect(onward)
    context = {
        "demand": request.demand,
        "refused": refused,
        "passkey": passkeys.request_options(step_ups.PURPOSE, request.user),
    }
    return TemplateResponse(request, "accounts/factors/use_passkey.html", context)
