from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.views.decorators.http import require_safe

from security.guards import factor_set_up


@factor_set_up
@require_safe
def choose(request: Any) -> HttpResponse:
    """Where whoever lacks a demanded factor is led: which one to set up."""
    if not request.demand.kind:
        return redirect(settings.LOGIN_REDIRECT_URL)
    return TemplateResponse(request, "accounts/factors/choose.html", {"demand": request.demand})
