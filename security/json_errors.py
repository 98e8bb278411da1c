"""Errors for programs: under /api/ every answer is JSON, whoever refused and whatever broke."""

from http import HTTPStatus
from typing import Any

from django.http import HttpRequest, JsonResponse

FOR_PROGRAMS = "/api/"
ALLOWED = "GET, HEAD"

MESSAGES: dict[int, tuple[str, str]] = {
    HTTPStatus.BAD_REQUEST: ("bad_request", "This request cannot be read."),
    HTTPStatus.UNAUTHORIZED: (
        "unauthorized",
        "Send an API key that is live in the header “Authorization: Bearer …”. This one is missing, wrong, expired or "
        "revoked.",
    ),
    HTTPStatus.FORBIDDEN: ("forbidden", "This API key may not do this."),
    HTTPStatus.NOT_FOUND: ("not_found", "Nothing is here, or nothing that this API key may see."),
    HTTPStatus.METHOD_NOT_ALLOWED: ("method_not_allowed", "The API only reads: use GET or HEAD."),
    HTTPStatus.TOO_MANY_REQUESTS: (
        "too_many_requests",
        "Too many requests. Wait as many seconds as the header Retry-After says.",
    ),
    HTTPStatus.INTERNAL_SERVER_ERROR: (
        "server_error",
        "Something broke on our side. The header X-Request-Id finds it in our logs.",
    ),
}


def is_for_programs(request: HttpRequest) -> bool:
    """Whether whoever asks reads JSON and no pages."""
    return request.path.startswith(FOR_PROGRAMS)


def json_error(status: int, message: str = "", **headers: str) -> JsonResponse:
    """The one shape of an error; the message says what to do. Headers are named with underscores."""
    code, usual = MESSAGES[status]
    answer: dict[str, Any] = {"error": {"code": code, "message": message or usual}}
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return JsonResponse(answer, status=int(status), headers=named)


def method_not_allowed() -> JsonResponse:
    return json_error(HTTPStatus.METHOD_NOT_ALLOWED, Allow=ALLOWED)
