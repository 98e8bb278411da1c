"""Works out, for each request, who is asking, in which company, and what that lets them do."""

from collections.abc import Callable
from typing import Any
from urllib.parse import quote
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone

from accounts import sessions
from accounts.access import Access
from accounts.actions import refusals
from accounts.models import Membership
from accounts.queries.factors import has_second_factor
from accounts.queries.memberships import live_memberships
from accounts.scoping import in_company
from audit.actors import Actor
from security.guards import FIRST_FACTOR, SIGNED_IN, View


class AccessMiddleware:
    """Puts `request.access` and `request.memberships` there and opens the company's scope.

    Everything is read anew on each request, so a revoked membership or a changed role counts at
    once. A password alone is not enough where the person has set up a second factor: until it is
    shown, only the pages that ask for it open.
    """

    def __init__(self, get_response: Callable[[Any], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: Any) -> HttpResponseBase:
        request.access, request.memberships, request.factor_missing = None, [], False
        if not request.user.is_authenticated:
            return self.get_response(request)
        request.factor_missing = not request.user.is_verified() and has_second_factor(request.user)
        if request.factor_missing:
            return self.get_response(request)
        request.memberships = live_memberships(request.user)
        membership = chosen(request.memberships, request.session.get(sessions.COMPANY))
        if membership is None:
            return self.get_response(request)
        request.access = Access.of(membership, Actor.member(request.user, request))
        with in_company(membership.company):
            return self.get_response(request)

    def process_view(self, request: Any, view: View, args: Any, kwargs: Any) -> HttpResponseBase | None:
        """Send those who lack the second factor to it, and those without a company to a page that says so."""
        if not request.user.is_authenticated or not getattr(view, "login_required", True):
            return None
        guard = getattr(view, "guard", None)
        if request.factor_missing and guard != FIRST_FACTOR:
            back = f"?next={quote(request.get_full_path())}" if request.method == "GET" else ""
            return redirect(reverse("accounts:sign_in_code") + back)
        if request.access is None and guard not in (FIRST_FACTOR, SIGNED_IN):
            return render(request, "accounts/company/none.html", status=403)
        return None

    def process_exception(self, request: Any, exception: Exception) -> None:
        """Note who was refused what; the page that says so is made by the handler of that error."""
        if isinstance(exception, PermissionDenied) and request.user.is_authenticated:
            refusals.note(
                user=request.user,
                company=request.access and request.access.company,
                route=request.resolver_match.view_name,
                page=request.path,
                by=Actor.member(request.user, request),
                at=timezone.now(),
            )


def chosen(memberships: list[Membership], company_id: str | None) -> Membership | None:
    """The membership of the company this session works in: never another in place of a lost one."""
    if company_id is None:
        return memberships[0] if memberships else None
    return next((one for one in memberships if one.company_id == UUID(company_id)), None)
