"""Staying signed in, signing out here, and signing out elsewhere."""

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from accounts import doors
from accounts.actions import sessions
from audit.actors import Actor
from security.guards import factor_set_up, public, signed_in


@factor_set_up
@require_http_methods(["GET", "POST"])
def stay(request: Any) -> HttpResponse:
    """What is left of this session, in seconds, and a token to ask for more. Asking extends nothing, a POST does."""
    left, longest = request.session.row.seconds_left(timezone.now())
    return JsonResponse({"left": left, "longest": longest, "token": get_token(request)})


@public
@require_POST
def sign_out(request: Any) -> HttpResponse:
    """End this session; a second press finds nobody signed in and changes nothing.

    The browser is asked to drop the pages it keeps. Not its storage, which holds the choice of
    light or dark, and not its cookies: those of a customer's visit and of the known device are
    of this host too, and our own session cookie is taken away by name.
    """
    if request.user.is_authenticated:
        sessions.leave(user=request.user, session=request.session.row, **_who_and_when(request))
        logout(request)
    response = redirect(reverse("accounts:sign_in") + "?" + urlencode({"ended": "signed_out"}))
    response["Clear-Site-Data"] = '"cache"'
    return response


@signed_in
@require_POST
def end(request: Any, id: UUID) -> HttpResponse:
    """Asks for no fresh factor: whoever sees a stranger in the list must be quick."""
    session = doors.get_other_session(request.user, request.session.row, id)
    sessions.end(user=request.user, session=session, **_who_and_when(request))
    messages.success(request, f"The session in {session} has ended.")
    return redirect("accounts:security")


@signed_in
@require_POST
def end_others(request: Any) -> HttpResponse:
    count = sessions.end_others(user=request.user, keep=request.session.row, **_who_and_when(request))
    ended = {0: "You were signed in nowhere else.", 1: "Your other session has ended."}
    messages.success(request, ended.get(count, f"Your {count} other sessions have ended."))
    return redirect("accounts:security")


def _who_and_when(request: Any) -> dict[str, Any]:
    return {"by": Actor.member(request.user, request), "at": timezone.now()}
