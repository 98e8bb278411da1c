from types import SimpleNamespace

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.urls import include, path

from security import checks
from security.guards import factor_set_up, public, require, signed_in
from security.middleware import DeclaredViews
from tests import make


def page(request):
    return HttpResponse("the page")


urlpatterns = [
    path("open/", public(page)),
    path("own/", signed_in(page)),
    path("code/", factor_set_up(page)),
    path("guarded/", require("invoice.void")(page)),
    path("forgotten/", page),
    path("", include("accounts.urls")),
]


def request_with(rf, *, access=None, signed_in=True):
    request = rf.get("/")
    request.user = SimpleNamespace(is_authenticated=True) if signed_in else AnonymousUser()
    request.access = access
    request.resolver_match = SimpleNamespace(route="forgotten/")
    return request


def access_with(*permissions):
    return SimpleNamespace(can=lambda permission: permission in permissions)


def test_a_permission_opens_its_view_and_no_other(rf):
    view = require("invoice.void")(page)

    assert view(request_with(rf, access=access_with("invoice.void"))).content == b"the page"
    with pytest.raises(PermissionDenied):
        view(request_with(rf, access=access_with("invoice.view", "invoice.void_all")))


@pytest.mark.parametrize("signed_in", [True, False])
def test_without_access_nothing_that_needs_a_permission_opens(rf, signed_in):
    with pytest.raises(PermissionDenied):
        require("invoice.view")(page)(request_with(rf, signed_in=signed_in))


@pytest.mark.parametrize("guard", [signed_in, factor_set_up])
def test_own_pages_need_a_person(rf, guard):
    assert guard(page)(request_with(rf)).content == b"the page"
    with pytest.raises(PermissionDenied):
        guard(page)(request_with(rf, signed_in=False))


def test_only_public_views_are_open_to_those_not_signed_in(rf):
    assert public(page)(request_with(rf, signed_in=False)).content == b"the page"
    assert public(page).login_required is False
    assert not hasattr(page, "login_required")
    for guard in (signed_in, factor_set_up, require("invoice.view")):
        assert getattr(guard(page), "login_required", True)


def test_each_guard_is_written_on_the_view():
    guards = [getattr(entry.callback, "guard", None) for entry in urlpatterns[:5]]

    assert guards == ["public", "signed_in", "factor_set_up", "invoice.void", None]


@pytest.mark.urls(__name__)
def test_an_undeclared_view_stops_the_start():
    [error] = checks.every_view_is_declared(None)

    assert error.is_serious()
    assert error.msg == "The view of /forgotten/ does not say who may open it."


@pytest.mark.urls(__name__)
def test_a_web_process_does_not_start_with_an_undeclared_view():
    with pytest.raises(SystemExit, match="The view of /forgotten/ does not say who may open it"):
        checks.stop_if_unsafe()


@pytest.mark.django_db(transaction=True)
def test_a_web_process_starts_with_the_views_we_have():
    checks.stop_if_unsafe()


def test_an_undeclared_view_is_never_served(rf):
    middleware = DeclaredViews(page)

    assert middleware.process_view(request_with(rf), public(page), (), {}) is None
    with pytest.raises(PermissionDenied):
        middleware.process_view(request_with(rf), page, (), {})


@pytest.mark.urls(__name__)
@pytest.mark.django_db
def test_the_whole_stack_refuses_an_undeclared_view_even_to_an_administrator(client):
    assert client.get("/forgotten/", secure=True).status_code == 302

    client.force_login(make.member("administrator").user)

    assert client.get("/own/", secure=True).status_code == 200
    assert client.get("/forgotten/", secure=True).status_code == 403
