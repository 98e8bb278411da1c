"""The guard of addresses for programs: an API key in a header opens them, and nothing else does."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import wraps
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import BadRequest, PermissionDenied
from django.http import Http404, HttpResponseBase
from django.utils import timezone

from accounts import events
from accounts.access import Access
from accounts.actions import api_keys, refusals
from accounts.permissions import Permission
from accounts.queries.api_keys import live_key
from accounts.scoping import in_company
from audit.actors import Actor
from audit.registry import EventType
from security import ratelimit, refused_ids
from security.address import client_ip, source
from security.guards import View
from security.json_errors import json_error, method_not_allowed

SCHEME = "bearer"
METHODS = frozenset({"GET", "HEAD"})
WRONG_KEYS = ratelimit.Limit("wrong_api_keys", tries=60, period=timedelta(minutes=10))
REQUESTS_OF_A_KEY = ratelimit.Limit("requests_of_an_api_key", tries=600, period=timedelta(minutes=1))
OVER_HTTP = "An API key is sent over https only. This one crossed the network in the clear: revoke it."


def api_view(permission: Permission) -> Callable[[View], View]:
    """Let a live key through that may do this today; a session never opens it. Every refusal is JSON."""

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: Any, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if request.method not in METHODS:
                return method_not_allowed()
            if settings.SECURE_SSL_REDIRECT and not request.is_secure():
                return json_error(HTTPStatus.FORBIDDEN, OVER_HTTP)
            at = timezone.now()
            key = live_key(_presented(request), at)
            if key is None:
                return _stranger(request, at)
            if not ratelimit.take(REQUESTS_OF_A_KEY, str(key.pk), at=at):
                return _wait(REQUESTS_OF_A_KEY)
            actor = Actor.api_key(key, key.membership.user, request)
            api_keys.note_use(key=key, by=actor, at=at)
            request.access = Access.of_key(key, actor)
            with in_company(key.company):
                return _answer(view, request, permission, *args, **kwargs)

        guarded.guard = permission  # type: ignore[attr-defined]
        guarded.by_key = True  # type: ignore[attr-defined]
        return login_not_required(guarded)

    return decorate


def _presented(request: Any) -> str:
    """The key in the header; empty where there is none, which is looked up like any other."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme.lower() == SCHEME else ""


def _stranger(request: Any, at: datetime) -> HttpResponseBase:
    """The same for a key that is missing, wrong, expired or revoked. Wrong ones do not stop a good one."""
    if not ratelimit.take(WRONG_KEYS, source(client_ip(request)), at=at):
        return _wait(WRONG_KEYS)
    return json_error(HTTPStatus.UNAUTHORIZED, WWW_Authenticate="Bearer")


def _wait(limit: ratelimit.Limit) -> HttpResponseBase:
    return json_error(HTTPStatus.TOO_MANY_REQUESTS, Retry_After=str(int(limit.period.total_seconds())))


def _answer(view: View, request: Any, permission: Permission, *args: Any, **kwargs: Any) -> HttpResponseBase:
    try:
        if not request.access.can(permission):
            raise PermissionDenied
        response = view(request, *args, **kwargs)
        if refused_ids.are_noted(request):
            _note(events.RECORD_NOT_FOUND, request)
        return response
    except PermissionDenied:
        _note(events.ACCESS_REFUSED, request)
        return json_error(HTTPStatus.FORBIDDEN)
    except Http404:
        _note(events.RECORD_NOT_FOUND, request)
        return json_error(HTTPStatus.NOT_FOUND)
    except BadRequest as refusal:
        return json_error(HTTPStatus.BAD_REQUEST, str(refusal))


def _note(event: EventType, request: Any) -> None:
    """Keep what was refused to a key, as it is kept of a member."""
    access = request.access
    refusals.note(
        event,
        user=access.user,
        company=access.company,
        route=request.resolver_match.view_name,
        page=request.path,
        by=access.actor,
        at=timezone.now(),
    )
