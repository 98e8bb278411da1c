from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Page, Paginator
from django.http import HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts import doors
from accounts.forms.members import MemberSearchForm
from accounts.models import Membership
from accounts.permissions import Permission
from accounts.queries.members import listed
from accounts.queries.ownership import open_offers
from accounts.queries.restrictions import named_for
from accounts.queries.reviews import standing_of
from security.guards import require

PAGE_SIZE = 50


@require(Permission.TEAM_VIEW)
@require_safe
def members(request: Any) -> HttpResponse:
    """Who may enter the company, with what waits for somebody to decide about them."""
    access, at = request.access, timezone.now()
    form = MemberSearchForm(request.GET)
    text = form.cleaned_data["q"] if form.is_valid() else ""
    page = Paginator(listed(access.company, text, at), PAGE_SIZE).get_page(request.GET.get("page"))
    context = {
        "members": named_for(access, page.object_list),
        "text": text,
        "previous": _address(text, page.previous_page_number()) if page.has_previous() else None,
        "next": _address(text, page.next_page_number()) if page.has_next() else None,
        "shown": _shown(page),
        "invitations": named_for(access, doors.invitations(access, at)) if access.can(Permission.TEAM_EDIT) else [],
        "review": standing_of(access.company, at) if access.can(Permission.TEAM_EDIT) else None,
        "factor_resets": doors.factor_resets(access) if access.can(Permission.TEAM_EDIT) else [],
        "ownership_offer": open_offers(access.membership, at).first(),
    }
    return TemplateResponse(request, "accounts/team/members.html", context)


def _address(text: str, number: int) -> str:
    return "?" + urlencode({name: value for name, value in (("q", text), ("page", number)) if value})


def _shown(page: Page[Membership]) -> str:
    return f"{page.start_index()} to {page.end_index()} of {page.paginator.count}"
