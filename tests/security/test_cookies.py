from datetime import timedelta

from django.http import HttpResponse

from security.cookies import delete_cookie, read_cookie, set_cookie


def test_a_cookie_has_every_protection():
    response = HttpResponse()
    set_cookie(response, "portal", "value", age=timedelta(hours=1))

    cookie = response.cookies["__Host-portal"]
    flags = {name: cookie[name] for name in ("secure", "httponly", "samesite", "path", "domain", "max-age")}
    assert flags == {"secure": True, "httponly": True, "samesite": "Lax", "path": "/", "domain": "", "max-age": 3600}


def test_a_cookie_is_read_back_by_its_protected_name_only(rf):
    request = rf.get("/")
    request.COOKIES = {"__Host-portal": "ours", "portal": "theirs"}

    assert read_cookie(request, "portal") == "ours"


def test_a_deleted_cookie_keeps_its_flags():
    response = HttpResponse()
    delete_cookie(response, "portal")

    cookie = response.cookies["__Host-portal"]
    assert (cookie.value, cookie["max-age"], cookie["secure"]) == ("", 0, True)
