"""How a session goes on once its person gained or lost a second factor, of whatever kind."""

from typing import Any

from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.http import HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone

from accounts import sessions
from accounts.actions.second_factors import Gained
from accounts.models import User
from accounts.models.session import Proof
from accounts.queries.factors import has_second_factor


def after_gaining(request: Any, gained: Gained, shown: Proof, said: str) -> HttpResponse:
    """The new factor was shown just now, so it counts in this session. With the first come recovery codes."""
    update_session_auth_hash(request, gained.user)
    sessions.prove(request, shown, timezone.now())
    if gained.codes:
        return show_codes(request, gained.codes, said)
    messages.success(request, said)
    return redirect("accounts:security")


def after_losing(request: Any, user: User, said: str) -> HttpResponse:
    """Without any factor left this session is one that began with a password."""
    update_session_auth_hash(request, user)
    if not has_second_factor(user):
        sessions.forget_factors(request)
    messages.success(request, said)
    return redirect("accounts:security")


def show_codes(request: Any, codes: list[str], said: str = "") -> HttpResponse:
    """The only time these codes are shown."""
    return TemplateResponse(request, "accounts/factors/recovery_codes.html", {"codes": codes, "said": said})
