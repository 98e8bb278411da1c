from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect

from accounts.permissions import Permission

View = Callable[..., HttpResponseBase]

PAGES = {
    Permission.INVOICE_VIEW: "billing:invoice_list",
    Permission.CUSTOMER_VIEW: "billing:customer_list",
    Permission.PAYMENT_VIEW: "billing:payment_list",
    Permission.ITEM_VIEW: "billing:item_list",
    Permission.AUDIT_VIEW: "audit:billing_log",
    Permission.SECURITY_LOG_VIEW: "audit:security_log",
    Permission.TEAM_VIEW: "accounts:team",
    Permission.SETTINGS_EDIT: "billing:company_settings",
    Permission.SECURITY_EDIT: "accounts:sign_in_policy",
    Permission.APPROVAL_VIEW: "accounts:approval_list",
    Permission.API_KEY_VIEW: "accounts:api_key_list",
}
OWN_ACCOUNT = "accounts:security"


def or_where_one_may_start(view: View) -> View:
    """Everybody begins here; whoever may not see this page goes on to the first that their role opens."""

    @wraps(view)
    def chosen(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        access = request.access
        if access is None or request.method == "POST" or access.can(Permission.REPORT_VIEW):
            return view(request, *args, **kwargs)
        return redirect(next((page for permission, page in PAGES.items() if access.can(permission)), OWN_ACCOUNT))

    return chosen
