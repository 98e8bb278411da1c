"""Beginning and strengthening a session. Its key changes each time it becomes worth more."""

from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth import login
from django.middleware.csrf import rotate_token
from django_otp import login as mark_as_verified

from accounts.models import Membership, TotpDevice, User
from accounts.queries.factors import pending_device
from accounts.queries.memberships import home_company_id

COMPANY = "company_id"
SET_UP = "authenticator_set_up"
SET_UP_LASTS = timedelta(minutes=15)


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


def begin_set_up(request: Any, device: TotpDevice, at: datetime) -> None:
    """Remember that the password was given here for setting up this app."""
    request.session[SET_UP] = {"device": str(device.pk), "until": (at + SET_UP_LASTS).timestamp()}


def device_being_set_up(request: Any, at: datetime) -> TotpDevice | None:
    """The app whose set-up this very session began a quarter of an hour ago at most: its seed is shown nowhere else."""
    begun, device = request.session.get(SET_UP), pending_device(request.user)
    if not begun or device is None or begun["device"] != str(device.pk) or at.timestamp() > begun["until"]:
        return None
    return device


def enter(request: Any, membership: Membership) -> None:
    """Work in another company from here on."""
    request.session.cycle_key()
    request.session[COMPANY] = str(membership.company_id)
