"""Who may open a portal page: a live visit, told apart from a member's session by its own cookie and its own table."""

from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Any, NamedTuple
from uuid import UUID

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest
from django.shortcuts import render
from django.utils import timezone

from accounts.scoping import in_company
from audit.actors import Actor
from portal.actions import sessions
from portal.models import KIND, Link, PortalSession
from security import ratelimit
from security.cookies import read_cookie
from security.guards import PORTAL, View
from security.ratelimit import Limit
from security.visits import key_hash

COOKIE = "portal"
LOOKS = "looks"
"""What a page that looks again by itself adds to its address: nobody need be there, so it keeps no visit alive."""
DOWNLOADS = Limit("portal_downloads", tries=60, period=timedelta(minutes=10))
PAYMENTS = Limit("portal_payments", tries=60, period=timedelta(minutes=10))


def for_customer(view: View) -> View:
    """Serve the page to a live visit in its company's scope: `request.visit`, and `request.actor` who acts."""

    @wraps(view)
    def guarded(request: Any, *args: Any, **kwargs: Any) -> Any:
        visit = visit_of(request)
        if visit is None:
            return render(request, "portal/sessions/over.html", status=403)
        request.visit, request.actor = visit, actor_of(visit, request)
        if LOOKS not in request.GET:
            sessions.touch(visit, timezone.now())
        with in_company(visit.company):
            response = view(request, *args, **kwargs)
            return response.render() if hasattr(response, "render") else response

    opened = login_not_required(guarded)
    opened.guard = PORTAL
    return opened


def limited(limit: Limit, method: str) -> Callable[[View], View]:
    """Within `for_customer`: answer 429 once the visit has used up the limit's tries of `method`."""

    def decorate(view: View) -> View:
        @wraps(view)
        def counted(request: Any, *args: Any, **kwargs: Any) -> Any:
            if request.method == method and not ratelimit.take(limit, str(request.visit.pk), at=timezone.now()):
                return render(request, "portal/sessions/too_often.html", status=429)
            return view(request, *args, **kwargs)

        return counted

    return decorate


def visit_of(request: HttpRequest) -> PortalSession | None:
    """The live visit of this browser, if there is one."""
    key = read_cookie(request, COOKIE)
    if not key:
        return None
    visits = PortalSession.objects.select_related("company", "customer", "contact")
    visit = visits.filter(key_hash=key_hash(KIND, key)).first()
    return visit if visit and visit.is_live(timezone.now()) else None


def actor_of(visit: PortalSession, request: HttpRequest) -> Actor:
    """Whoever is no known contact is the holder of the link that the visit began with, as when opening it."""
    who = visit.contact or Holder(sessions.first_link_id(visit), visit.recipient)
    return Actor.contact(who, request, session=str(visit.pk))


def visitor(link: Link, request: HttpRequest) -> Actor:
    """Who holds a link, before there is a visit."""
    return Actor.contact(link.contact or Holder(link.pk, link.recipient), request, session=str(link.pk))


class Holder(NamedTuple):
    """Somebody known only by the address a link was sent to."""

    pk: UUID
    address: str

    def __str__(self) -> str:
        return self.address
