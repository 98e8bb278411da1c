from typing import Any

from django.http import HttpResponse
from django.template.response import TemplateResponse
from django.views.decorators.http import require_safe

from accounts import doors
from accounts.permissions import Permission
from accounts.queries.memberships import team
from security.guards import require


@require(Permission.TEAM_VIEW)
@require_safe
def members(request: Any) -> HttpResponse:
    access = request.access
    context = {
        "members": team(access.company),
        "factor_resets": doors.factor_resets(access) if access.can(Permission.TEAM_EDIT) else [],
    }
    return TemplateResponse(request, "accounts/team/members.html", context)
