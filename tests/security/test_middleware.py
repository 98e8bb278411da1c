from uuid import UUID

import pytest
from django.http import HttpResponse
from django.urls import path

from security.guards import public, signed_in
from security.middleware import SecurityHeaders
from tests import make

pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]


@public
def page(request):
    return HttpResponse("the page")


@public
def cached(request):
    request.session.get("anything")
    return HttpResponse("same for all", headers={"Cache-Control": "public, max-age=60", "Vary": "Accept-Language"})


@signed_in
def own(request):
    return HttpResponse("own", headers={"Cache-Control": "public, max-age=60"})


@public
def broken(request):
    raise RuntimeError


urlpatterns = [path("", page), path("cached/", cached), path("own/", own), path("broken/", broken)]


@pytest.fixture
def client(client):
    client.raise_request_exception = False
    return client


@pytest.mark.parametrize("address", ["/", "/nowhere/", "/broken/"])
def test_every_answer_says_what_this_site_never_does(client, address):
    response = client.get(address, secure=True)

    said = {name: response.headers.get(name) for name in EXPECTED}
    assert said == EXPECTED
    assert UUID(response["X-Request-Id"]).version == 7


EXPECTED = {
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Origin-Agent-Cluster": "?1",
    "X-Permitted-Cross-Domain-Policies": "none",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cache-Control": "no-store",
    "Permissions-Policy": (
        "accelerometer=(), browsing-topics=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), hid=(), "
        "magnetometer=(), microphone=(), midi=(), payment=(), screen-wake-lock=(), serial=(), usb=(), "
        "xr-spatial-tracking=()"
    ),
}


def test_only_a_public_page_may_be_kept(client):
    client.force_login(make.user())

    assert client.get("/cached/", secure=True)["Cache-Control"] == "public, max-age=60"
    assert client.get("/own/", secure=True)["Cache-Control"] == "no-store"


def test_what_is_the_same_for_all_does_not_vary_with_the_cookie(client):
    assert client.get("/cached/", secure=True)["Vary"] == "Accept-Language"


def test_a_static_file_may_be_kept(rf):
    file = HttpResponse("body {}", headers={"Cache-Control": "max-age=31536000, immutable"})

    answer = SecurityHeaders(lambda request: file)(rf.get("/static/a.css"))

    assert answer["Cache-Control"] == "max-age=31536000, immutable"


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "PROPFIND", "MADEUP"])
def test_methods_nobody_uses_are_refused(client, method):
    response = client.generic(method, "/", secure=True)

    assert response.status_code == 405
    assert response["Allow"] == "GET, HEAD, POST"
    assert response["X-Frame-Options"] == "DENY"


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
def test_the_others_are_served(client, method):
    assert client.generic(method, "/", secure=True).status_code == 200
