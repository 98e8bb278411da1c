from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts import sessions
from accounts.actions import companies
from accounts.models import Membership
from audit.actors import Actor
from security.guards import signed_in


@signed_in
@require_http_methods(["GET", "POST"])
def switch(request: Any) -> HttpResponse:
    if request.method == "POST":
        membership = _own_membership(request, request.POST.get("company", ""))
        companies.enter(membership=membership, by=Actor.member(request.user, request), at=timezone.now())
        sessions.enter(request, membership)
        return redirect(settings.LOGIN_REDIRECT_URL)
    return TemplateResponse(request, "accounts/company/switch.html", {"memberships": request.memberships})


def _own_membership(request: Any, company_id: str) -> Membership:
    """The person's membership of that company; any other company is not there."""
    try:
        wanted = UUID(company_id)
    except ValueError:
        raise Http404 from None
    for membership in request.memberships:
        if membership.company_id == wanted:
            return membership
    raise Http404
