from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts.actions import policies
from accounts.errors import AccountsError
from accounts.forms.policy import SignInRulesForm
from accounts.permissions import Permission
from accounts.queries.memberships import team
from accounts.roles import ADMINISTRATOR
from accounts.step_up import fresh_factor
from security.guards import require


@require(Permission.SECURITY_EDIT)
@fresh_factor
@require_http_methods(["GET", "POST"])
def rules(request: Any) -> HttpResponse:
    """How the members of a company sign in, and who of them has no second factor yet."""
    access = request.access
    form = SignInRulesForm(request.POST or None, company=access.company)
    if form.is_valid():
        try:
            policies.change(membership=access.membership, rules=form.cleaned_data, by=access.actor, at=timezone.now())
        except AccountsError as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, "The sign-in rules are saved and count from now on.")
            return redirect("accounts:sign_in_policy")
    members = list(team(access.company))
    context = {
        "form": form,
        "members": members,
        "without": [member for member in members if not (member.has_app or member.has_passkey)],
        "without_passkey": [member for member in members if member.role == ADMINISTRATOR and not member.has_passkey],
    }
    return TemplateResponse(request, "accounts/policy/rules.html", context)
