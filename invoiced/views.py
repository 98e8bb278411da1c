"""Is it well, and the pages for what went wrong; for programs the same as JSON."""

from django.contrib.sessions.exceptions import SessionInterrupted
from django.db import connection
from django.db.utils import DatabaseError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string

from security.guards import public
from security.json_errors import is_for_programs, json_error
from security.json_errors import method_not_allowed as json_method_not_allowed


@public
def health(request: HttpRequest) -> HttpResponse:
    """Say whether this process can reach its database, and nothing else."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return JsonResponse({"status": "the database does not answer"}, status=503)
    return JsonResponse({"status": "ok"})


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return error_page(request, "session_ended" if isinstance(exception, SessionInterrupted) else "400", 400)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    return error_page(request, "403", 403)


def form_out_of_date(request: HttpRequest, reason: str) -> HttpResponse:
    """A form whose protection token no longer fits: nothing was changed, and a fresh page will work.

    Programs have no forms: whatever they send, the API only reads.
    """
    if is_for_programs(request):
        return json_method_not_allowed()
    return error_page(request, "form_out_of_date", 403)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return error_page(request, "404", 404)


def method_not_allowed(request: HttpRequest, allowed: str) -> HttpResponse:
    if is_for_programs(request):
        return json_method_not_allowed()
    page = error_page(request, "405", 405)
    page["Allow"] = allowed
    return page


def server_error(request: HttpRequest) -> HttpResponse:
    """Rendered without the request, so that a database that is down cannot break this page too."""
    if is_for_programs(request):
        return json_error(500)
    match = getattr(request, "resolver_match", None)
    shown = facts(request) | {"is_of_the_log": match is not None and match.app_name == "audit"}
    return HttpResponse(render_to_string("errors/500.html", shown), status=500)


def error_page(request: HttpRequest, name: str, status: int) -> HttpResponse:
    if is_for_programs(request):
        return json_error(status)
    return render(request, f"errors/{name}.html", facts(request), status=status)


def facts(request: HttpRequest) -> dict[str, object]:
    """What an error page may show, known without asking anybody."""
    return {"request_id": getattr(request, "request_id", ""), "CSP_NONCE": getattr(request, "csp_nonce", "")}
