"""Every error has a page of the house, with the headers of every other page."""

from unittest.mock import patch

import pytest
from django.db import DatabaseError
from django.db.backends.utils import CursorWrapper
from django.test import Client
from django.urls import path

from invoiced import urls
from security.guards import public


@public
def breaks(request):
    raise RuntimeError("something unforeseen")


urlpatterns = [path("breaks/", breaks), *urls.urlpatterns]
handler400, handler403, handler404, handler500 = urls.handler400, urls.handler403, urls.handler404, urls.handler500


@pytest.fixture
def browser(db, settings):
    settings.ROOT_URLCONF = __name__
    return Client(raise_request_exception=False, enforce_csrf_checks=True)


def database_gone():
    return patch.object(CursorWrapper, "execute", side_effect=DatabaseError("the database is gone"))


@pytest.mark.parametrize(
    ("method", "address", "host", "status", "says"),
    [
        ("get", "/health/", "elsewhere.example", 400, "could not read that request"),
        ("get", "/nowhere/", "testserver", 404, "nothing at this address"),
        ("put", "/health/", "testserver", 405, "cannot be done from this address"),
        ("post", "/health/", "testserver", 403, "out of date"),
        ("get", "/breaks/", "testserver", 500, "wrong on our side"),
    ],
)
def test_an_error_has_its_page_and_the_headers_of_every_page(browser, method, address, host, status, says):
    answer = getattr(browser, method)(address, secure=True, headers={"host": host})

    assert answer.status_code == status
    assert says in answer.content.decode()
    assert answer["X-Request-Id"]
    assert "default-src 'none'" in answer["Content-Security-Policy"]
    assert answer["Strict-Transport-Security"] == "max-age=63072000; includeSubDomains; preload"
    assert answer["Cache-Control"] == "no-store"


def test_a_page_that_forbids_a_method_names_those_it_knows(browser):
    assert browser.put("/health/", secure=True)["Allow"] == "GET, HEAD, POST"


def test_the_error_page_needs_no_database(browser):
    browser.cookies["__Host-session"] = "a" * 32

    with database_gone():
        answer = browser.get("/breaks/", secure=True)

    assert answer.status_code == 500
    assert "wrong on our side" in answer.content.decode()


def test_health_says_ok(browser):
    answer = browser.get("/health/", secure=True)

    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


def test_health_says_when_the_database_does_not_answer(browser):
    with database_gone():
        answer = browser.get("/health/", secure=True)

    assert (answer.status_code, answer.json()) == (503, {"status": "the database does not answer"})


def test_health_is_asked_without_https_from_this_machine(browser):
    assert browser.get("/health/").status_code == 200
    assert browser.get("/sign-in/").status_code == 301
