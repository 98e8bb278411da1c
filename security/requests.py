"""Requests as this site reads them, whatever their sender says about them."""

from typing import Any

from django.core.handlers.wsgi import WSGIHandler, WSGIRequest
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.http import parse_header_parameters

UTF_8 = ("utf-8", "utf8")
UNREADABLE = "application/octet-stream; charset=unreadable"


class Utf8Request(WSGIRequest):
    """Its text is UTF-8. `security.middleware.Utf8Only` refuses those that declare another charset.

    Python knows charsets that are no text, and others that make text no database can store.
    """

    @property
    def encoding(self) -> str:
        return UTF_8[0]

    @encoding.setter
    def encoding(self, declared: str) -> None:
        """What is declared is kept in `content_params`."""


class Handler(WSGIHandler):
    request_class = Utf8Request

    def __call__(self, environ: dict[str, Any], start_response: Any) -> HttpResponseBase:
        try:
            parse_header_parameters(environ.get("CONTENT_TYPE", ""))
        except ValueError:
            environ["CONTENT_TYPE"] = UNREADABLE
        return super().__call__(environ, start_response)


def declares_utf8(request: HttpRequest) -> bool:
    return (request.content_params or {}).get("charset", UTF_8[0]).lower() in UTF_8
