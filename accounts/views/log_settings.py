"""What the company is alerted of, and where the log's checkpoints go."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts.actions import log_settings
from accounts.alert_kinds import kinds
from accounts.errors import AccountsError
from accounts.forms.log_settings import LogSettingsForm
from accounts.permissions import Permission
from accounts.queries.alerts import settings_of
from accounts.step_up import fresh_factor
from security.guards import require


@require(Permission.SECURITY_EDIT)
@fresh_factor
@require_http_methods(["GET", "POST"])
def edit(request: Any) -> HttpResponse:
    access = request.access
    settings = settings_of(access.company)
    form = LogSettingsForm(request.POST if request.method == "POST" else None, settings=settings)
    if form.is_valid():
        try:
            log_settings.change(membership=access.membership, chosen=form.chosen(), by=access.actor, at=timezone.now())
        except AccountsError as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, "Saved. It counts from now on.")
            return redirect("accounts:log_settings")
    context = {
        "form": form,
        "always_on": [kind for kind in kinds() if not kind.can_be_off],
        "mailed_on": settings.checkpoint_mailed_on,
    }
    return TemplateResponse(request, "accounts/log_settings/edit.html", context)
