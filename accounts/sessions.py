"""Beginning and strengthening a session. Its key changes each time it becomes worth more."""

from typing import Any

from django.contrib.auth import login
from django.middleware.csrf import rotate_token
from django_otp import login as mark_as_verified

from accounts.models import Membership, TotpDevice, User
from accounts.queries.memberships import home_company_id

COMPANY = "company_id"


def begin(request: Any, user: User) -> None:
    """A new session for a person, with nothing in it from before."""
    request.session.flush()
    login(request, user)
    company_id = home_company_id(user)
    if company_id:
        request.session[COMPANY] = str(company_id)


def verify(request: Any) -> None:
    """Note that the second factor was shown in this session."""
    device = TotpDevice.objects.get(user=request.user, confirmed=True)
    request.session.cycle_key()
    rotate_token(request)
    mark_as_verified(request, device)


def enter(request: Any, membership: Membership) -> None:
    """Work in another company from here on."""
    request.session.cycle_key()
    request.session[COMPANY] = str(membership.company_id)
