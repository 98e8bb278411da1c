import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.middleware import AccessMiddleware
from accounts.models import Membership
from accounts.models.session import Proof
from accounts.queries.memberships import live_memberships
from accounts.session_store import SessionStore


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
        request.session, request.user = SessionStore(), user
        Membership.objects.filter(user=user.pk).update(last_seen_at=timezone.now())
        if user.is_authenticated:
            request.session.whose = _of_a_password(user, company)
            request.session.create()
        with CaptureQueriesContext(connection) as request.queries:
            AccessMiddleware(lambda request: HttpResponse())(request)
        return request

    return run


def _of_a_password(user, company):
    membership = next((one for one in live_memberships(user) if company in (None, one.company)), None)
    return {
        "user": user,
        "company": company,
        "role": membership.role_key if membership else "",
        "proofs": {Proof.PASSWORD: timezone.now().isoformat()},
    }
