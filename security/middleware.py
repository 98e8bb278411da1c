"""What holds for every request and every answer, whichever view it meets."""

import logging
from collections.abc import Callable
from typing import Any

from django.core.exceptions import BadRequest, PermissionDenied
from django.http import Http404, HttpRequest, HttpResponseBase, HttpResponseNotAllowed

from security.guards import PUBLIC, View, is_declared
from security.ids import uuid7
from security.requests import declares_utf8

GetResponse = Callable[[HttpRequest], HttpResponseBase]

logger = logging.getLogger(__name__)

ALLOWED_METHODS = ["GET", "HEAD", "POST"]
FEATURES_NOBODY_USES = (
    "accelerometer",
    "browsing-topics",
    "camera",
    "display-capture",
    "geolocation",
    "gyroscope",
    "hid",
    "magnetometer",
    "microphone",
    "midi",
    "payment",
    "screen-wake-lock",
    "serial",
    "usb",
    "xr-spatial-tracking",
)
HEADERS = {
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Origin-Agent-Cluster": "?1",
    "X-Permitted-Cross-Domain-Policies": "none",
    "Permissions-Policy": ", ".join(f"{feature}=()" for feature in FEATURES_NOBODY_USES),
}


class RequestId:
    """Gives each request an id that the logs and the answer carry."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        request.request_id = str(uuid7())
        response = self.get_response(request)
        response["X-Request-Id"] = request.request_id
        return response


class SecurityHeaders:
    """Tells the browser what this site never does, and to keep no copy of its pages."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        for name, value in HEADERS.items():
            response[name] = value
        # A session may turn over at any answer: one with a cookie is of the person who asked alone.
        if response.cookies or not (response.has_header("Cache-Control") and _may_be_kept(request)):
            response["Cache-Control"] = "no-store"
        elif "public" in response["Cache-Control"]:
            _tell_that_it_is_the_same_for_all(response)
        return response


class AllowedMethods:
    """Answers 405 to every method the site does not use, before any view sees it."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.method not in ALLOWED_METHODS:
            return HttpResponseNotAllowed(ALLOWED_METHODS)
        return self.get_response(request)


class Utf8Only:
    """Answers 400 to a request that declares its text to be anything but UTF-8."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not declares_utf8(request):
            raise BadRequest("a charset other than UTF-8")
        return self.get_response(request)


class NoNulInPath:
    """Answers 404 to a path that holds a NUL: no record is called that, and PostgreSQL refuses to look for it."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if "\0" in request.path_info:
            raise Http404
        return self.get_response(request)


class DeclaredViews:
    """Serves only views that say who may open them. The system check finds the others earlier."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: View, args: Any, kwargs: Any) -> None:
        if not is_declared(view):
            logger.error("view without a declaration", extra={"path": request.path})
            raise PermissionDenied


def _tell_that_it_is_the_same_for_all(response: HttpResponseBase) -> None:
    """Take back that it varies with the cookie, which others said who looked for a session: a cache keeps one copy."""
    varies = [name.strip() for name in response.get("Vary", "").split(",")]
    kept = [name for name in varies if name and name.lower() != "cookie"]
    del response["Vary"]
    if kept:
        response["Vary"] = ", ".join(kept)


def _may_be_kept(request: HttpRequest) -> bool:
    """Public pages, and static files, which are answered before any view is looked for."""
    match = request.resolver_match
    return match is None or getattr(match.func, "guard", None) == PUBLIC
