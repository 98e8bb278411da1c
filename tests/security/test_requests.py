"""A request that declares its text to be in a charset other than UTF-8 is refused, and hurts nobody."""

import io
from http import HTTPStatus

import pytest
from django.test import Client

from security.requests import Handler

pytestmark = pytest.mark.django_db

ROUTES = ["/sign-in/?next=/%5Cud800", "/health/", "/nowhere/", "/i/abc/", "/invoices/?q=%5Cud800"]
FORM = "application/x-www-form-urlencoded"
PART = b'--xx\r\nContent-Disposition: form-data; name="email"\r\n\r\n\\ud800a@b\r\n--xx--\r\n'


def answer(method: str, address: str, content_type: str, body: bytes = b"") -> tuple[int, dict[str, str], str]:
    """What the web server gets from us; the browser of the tests never asks with a charset."""
    path, _, query = address.partition("?")
    environ = Client()._base_environ(
        REQUEST_METHOD=method, PATH_INFO=path, QUERY_STRING=query, CONTENT_TYPE=content_type, SERVER_PORT="443"
    )
    environ |= {"wsgi.url_scheme": "https", "CONTENT_LENGTH": str(len(body)), "wsgi.input": io.BytesIO(body)}
    told: list = []
    page = b"".join(Handler()(environ, lambda status, headers: told.extend([int(status[:3]), dict(headers)])))
    return told[0], told[1], page.decode()


@pytest.mark.parametrize("charset", ["hex", "unicode_escape", "utf-16", "utf-7", "rot13", "undefined", "latin-1", "x"])
@pytest.mark.parametrize("address", ROUTES)
def test_another_charset_is_refused_with_our_page(address, charset):
    for method, kind in (("GET", "text/plain"), ("POST", FORM), ("POST", "multipart/form-data; boundary=xx")):
        status, headers, page = answer(method, address, f"{kind}; charset={charset}", PART)

        assert (status, "could not read that request" in page) == (HTTPStatus.BAD_REQUEST, True)
        assert headers["X-Frame-Options"] == "DENY"
        assert "default-src 'none'" in headers["Content-Security-Policy"]


def test_a_content_type_that_cannot_be_read_is_refused():
    assert answer("GET", "/sign-in/", "text/plain; x*=nothing''%41")[0] == HTTPStatus.BAD_REQUEST


@pytest.mark.parametrize("declared", ["", "text/plain", "text/plain; charset=UTF-8", "text/plain; charset=utf8"])
def test_utf_8_is_read(declared):
    assert answer("GET", "/sign-in/?next=%ED%A0%80", declared)[0] == HTTPStatus.OK
