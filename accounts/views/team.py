from typing import Any

from django.http import HttpResponse
from django.template.response import TemplateResponse
from django.views.decorators.http import require_safe

from accounts.permissions import Permission
from accounts.queries.memberships import team
from security.guards import require


@require(Permission.TEAM_VIEW)
@require_safe
def members(request: Any) -> HttpResponse:
    return TemplateResponse(request, "accounts/team/members.html", {"members": team(request.access.company)})
