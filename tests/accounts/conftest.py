import pytest
from django.http import HttpResponse
from django.test import Client

from accounts.middleware import AccessMiddleware


class SecureClient(Client):
    """A browser on HTTPS, which is the only way in."""

    def generic(self, *args, **options):
        options["secure"] = True
        return super().generic(*args, **options)


@pytest.fixture
def browser():
    return SecureClient()


@pytest.fixture
def other_browser():
    return SecureClient()


@pytest.fixture
def access_middleware(rf):
    """Runs the middleware alone for a person and gives the request as a view would meet it."""

    def run(user, company=None):
        request = rf.get("/")
        request.session = {"company_id": str(company.pk)} if company else {}
        user.is_verified = lambda: False
        request.user = user
        AccessMiddleware(lambda request: HttpResponse())(request)
        return request

    return run
