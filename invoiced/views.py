"""Is it alive, and the pages for what went wrong."""

from django.db import connection
from django.db.utils import DatabaseError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string

from security.guards import public


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
    return render(request, "errors/400.html", status=400)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    return render(request, "errors/403.html", status=403)


def form_out_of_date(request: HttpRequest, reason: str) -> HttpResponse:
    """A form whose protection token no longer fits: nothing was changed, and a fresh page will work."""
    return render(request, "errors/form_out_of_date.html", status=403)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return render(request, "errors/404.html", status=404)


def server_error(request: HttpRequest) -> HttpResponse:
    """Rendered without the request, so that a database that is down cannot break this page too."""
    return HttpResponse(render_to_string("errors/500.html"), status=500)
