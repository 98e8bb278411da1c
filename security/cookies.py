"""Cookies of our own, always with every protection a browser offers."""

from datetime import timedelta

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase


def cookie_name(name: str) -> str:
    """The name under which browsers refuse the cookie from anybody but this very host over HTTPS."""
    return f"__Host-{name}" if settings.SESSION_COOKIE_SECURE else name


def set_cookie(response: HttpResponseBase, name: str, value: str, *, age: timedelta) -> None:
    """Give the browser a cookie no script reads and no other site's form brings along."""
    response.set_cookie(
        cookie_name(name),
        value,
        max_age=age,
        path="/",
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def read_cookie(request: HttpRequest, name: str) -> str | None:
    """The value the browser sent back, if it did."""
    return request.COOKIES.get(cookie_name(name))


def delete_cookie(response: HttpResponseBase, name: str) -> None:
    """Ask the browser to forget the cookie. Setting it anew keeps the flags `__Host-` demands."""
    set_cookie(response, name, "", age=timedelta(0))
