"""Works out, for each request, who is asking, in which company, and what that lets them do."""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from urllib.parse import quote
from uuid import UUID

from django.contrib.auth import logout, middleware
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponseBase
from django.shortcuts import redirect, render
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import SimpleLazyObject

from accounts import events, sessions
from accounts.access import Access
from accounts.actions import members, refusals
from accounts.models import Membership
from accounts.models.session import Proof
from accounts.policy import NOTHING, Demand, Kind, demand, needs_passkey
from accounts.queries.factors import has_second_factor, kinds_of
from accounts.queries.members import closed_to
from accounts.queries.memberships import live_memberships
from accounts.scoping import in_company
from audit.actors import Actor
from audit.registry import EventType
from security import refused_ids
from security.guards import FACTOR_SET_UP, SIGNED_IN, View

REFUSED: dict[type[Exception], EventType] = {
    PermissionDenied: events.ACCESS_REFUSED,
    Http404: events.RECORD_NOT_FOUND,
}


class AuthenticationMiddleware(middleware.AuthenticationMiddleware):
    """Django's, except that a session which does not fit its person is passed over and not ended.

    While a password or a factor changes, a request of another tab may read the session from before
    and the person from after. Were it to end the session, the one who made the change would be signed out.
    """

    def process_request(self, request: Any) -> None:
        request.user = SimpleLazyObject(lambda: recognise(request))


class AccessMiddleware:
    """Puts `request.access`, `request.memberships` and `request.demand` there and opens the company's scope.

    Everything is read anew on each request, so a revoked membership or a changed role counts at
    once. Whoever has a second factor is signed in only by a session in which it was shown, however
    that session came about; where a factor is demanded and missing, only its set-up opens.
    """

    def __init__(self, get_response: Callable[[Any], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: Any) -> HttpResponseBase:
        request.access, request.memberships, request.demand = None, [], NOTHING
        receive(request)
        if not request.user.is_authenticated:
            return self.get_response(request)
        if not sessions.is_verified(request.session.row) and has_second_factor(request.user):
            logout(request)
            return self.get_response(request)
        at, is_used = timezone.now(), sessions.counts_as_use(request)
        if is_used:
            request.session.touch(at)
        request.memberships = live_memberships(request.user)
        request.demand = demand_of(request, at)
        membership = chosen(request.memberships, request.session.row.company_id)
        if membership is None or request.demand.is_missing:
            return self.get_response(request)
        if membership.role_key != request.session.row.role:
            sessions.enter(request, membership)
        if is_used:
            members.note_use(membership=membership, at=at)
        request.access = Access.of(membership, Actor.member(request.user, request))
        with in_company(membership.company):
            response = self.get_response(request)
            if refused_ids.are_noted(request):
                _note(events.RECORD_NOT_FOUND, request)
            return response

    def process_view(self, request: Any, view: View, args: Any, kwargs: Any) -> HttpResponseBase | None:
        """Send those who lack a demanded factor to its set-up, and those without a company to a page that says so."""
        if not request.user.is_authenticated or not getattr(view, "login_required", True):
            return None
        guard = getattr(view, "guard", None)
        if request.demand.is_missing and guard != FACTOR_SET_UP:
            back = f"?next={quote(request.get_full_path())}" if request.method == "GET" else ""
            return redirect(reverse("accounts:security_set_up") + back)
        if request.access is None and guard not in (FACTOR_SET_UP, SIGNED_IN):
            return render(request, "accounts/company/none.html", {"closed": closed_to(request.user)}, status=403)
        return None

    def process_template_response(self, request: Any, response: TemplateResponse) -> TemplateResponse:
        """What a form on the page refused because it is nobody's, or hidden, is noted like an address not found."""
        refused_ids.note_in((response.context_data or {}).values(), request)
        return response

    def process_exception(self, request: Any, exception: Exception) -> None:
        """Note who was refused what; the page that says so is made by the handler of that error.

        What is hidden from somebody and what is not there are the same to them, and the same to the log.
        """
        event = REFUSED.get(type(exception))
        if event and request.user.is_authenticated:
            _note(event, request)


def _note(event: EventType, request: Any) -> None:
    refusals.note(
        event,
        user=request.user,
        company=request.access and request.access.company,
        route=request.resolver_match.view_name,
        page=request.path,
        by=Actor.member(request.user, request),
        at=timezone.now(),
    )


def recognise(request: Any) -> Any:
    """Whose session this is: nobody's, if the password or the epoch in it is not the person's."""
    request.session.is_only_read = True
    try:
        return middleware.get_user(request)
    finally:
        request.session.is_only_read = False


def receive(request: Any) -> None:
    """Wait for the whole form: who asks is judged when it has arrived, not when somebody slow began to send it."""
    if request.method == "POST":
        bool(request.POST)


def demand_of(request: Any, at: datetime) -> Demand:
    """What the person's companies still want of them before they may work. Whatever was shown here counts as an app.

    Where a passkey is demanded of somebody who has one, it is also used: a code can be typed into a false page. A
    recovery code stands in for one that is lost.
    """
    shown = request.session.row.proofs.keys()
    verified = sessions.is_verified(request.session.row)
    demanding = next(filter(needs_passkey, request.memberships), None) if verified else None
    has_passkey = demanding is not None and kinds_of(request.user).passkey
    if demanding and has_passkey and shown.isdisjoint({Proof.PASSKEY, Proof.RECOVERY}):
        return Demand(Kind.MISSING, needs_passkey=True, company=demanding.company, has_one=True)
    return demand(request.memberships, has_app=verified, has_passkey=has_passkey, at=at)


def chosen(memberships: list[Membership], company_id: UUID | None) -> Membership | None:
    """The membership of the company this session works in: never another in place of a lost one."""
    if company_id is None:
        return memberships[0] if memberships else None
    return next((one for one in memberships if one.company_id == company_id), None)
