from typing import Any
from uuid import UUID

from django.http import Http404, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts import doors
from accounts.comparison import groups
from accounts.explanations import explain, may
from accounts.permissions import Permission
from accounts.queries.explain import facts_about
from accounts.queries.memberships import team
from security.guards import require


@require(Permission.TEAM_VIEW)
@require_safe
def answer(request: Any) -> HttpResponse:
    """Whether somebody may do something, and why."""
    access = request.access
    member = doors.get_member(access, _id(request.GET["member"])) if request.GET.get("member") else None
    permission = next((one for one in Permission if one.value == request.GET.get("permission")), None)
    context: dict[str, Any] = {
        "members": team(access.company),
        "groups": groups(),
        "member": member,
        "permission": permission,
    }
    if member and permission:
        told = {"with_counts": not access.is_restricted, "with_keys": access.can(Permission.API_KEY_VIEW)}
        facts = facts_about(member, permission, timezone.now(), **told)
        reasons = explain(permission, facts)
        context |= {"reasons": reasons, "may_do": may(reasons)}
    return TemplateResponse(request, "accounts/roles/explain.html", context)


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise Http404 from None
