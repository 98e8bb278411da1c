from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts.actions import approval_rules
from accounts.actions.administrators import MAKING
from accounts.errors import AccountsError
from accounts.forms.approvals import ApprovalRulesForm
from accounts.models import Approval
from accounts.permissions import Permission
from accounts.queries.approvals import deciders, waiting_about
from accounts.step_up import fresh_factor
from security.guards import require


@require(Permission.SECURITY_EDIT)
@fresh_factor
@require_http_methods(["GET", "POST"])
def rules(request: Any) -> HttpResponse:
    """What waits for a second person, and who could be one."""
    access, at = request.access, timezone.now()
    form = ApprovalRulesForm(request.POST if request.method == "POST" else None, rules=access.company.approvals)
    if form.is_valid():
        try:
            changed = approval_rules.change(membership=access.membership, rules=form.rules(), by=access.actor, at=at)
        except AccountsError as refusal:
            form.add_error(None, str(refusal))
        else:
            if isinstance(changed, Approval):
                messages.info(request, "This lets less wait than before, so it waits for a second person itself.")
            else:
                messages.success(request, "Saved. It counts from now on.")
            return redirect("accounts:approval_rules")
    context = {
        "form": form,
        "rows": [row | {"able": deciders(access.company, row["kind"])} for row in form.rows()],
        "lets_in_alone": bool(access.company.approvals) and MAKING.code not in access.company.approvals,
        "waiting": waiting_about(access.company, approval_rules.RELAXING, str(access.company.pk), at),
    }
    return TemplateResponse(request, "accounts/approvals/rules.html", context)
