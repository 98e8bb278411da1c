"""For how long the logs of the company say what they say."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts.actions import log_retention
from accounts.errors import AccountsError
from accounts.forms.log_retention import LogRetentionForm
from accounts.permissions import Permission
from accounts.queries.log_retention import outlook
from accounts.step_up import fresh_factor
from audit.retention import kept_months
from security.guards import require


@require(Permission.SECURITY_EDIT)
@fresh_factor
@require_http_methods(["GET", "POST"])
def retention(request: Any) -> HttpResponse:
    access, at = request.access, timezone.now()
    today = kept_months(access.company.pk)
    form = LogRetentionForm(request.POST or None, initial={"kept_months": today})
    if form.is_valid():
        months = form.cleaned_data["kept_months"]
        if months < today and not form.cleaned_data["confirmed"]:
            context = {"today": today, "outlook": outlook(access.company, months, at)}
            return TemplateResponse(request, "accounts/log_retention/confirm.html", context)
        try:
            log_retention.change(membership=access.membership, months=months, by=access.actor, at=at)
        except AccountsError as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, f"What entries say is kept for {months} months from now on.")
            return redirect("accounts:log_retention")
    context = {"form": form, "outlook": outlook(access.company, today, at)}
    return TemplateResponse(request, "accounts/log_retention/retention.html", context)
