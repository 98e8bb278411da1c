"""Which customers somebody sees, chosen by those who may decide about them: it shows customers, so it stands here."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts import doors as account_doors
from accounts.errors import AccountsError
from accounts.models import Membership
from accounts.permissions import Permission
from accounts.step_up import fresh_factor_when
from billing import doors
from billing.actions import restrictions
from billing.errors import BillingError
from billing.forms.restrictions import RestrictionForm
from billing.queries.restrictions import Restricted, preview, search
from security import refused_ids
from security.guards import require

LONGEST_SEARCH = 100


def is_sent(request: HttpRequest) -> bool:
    return request.method == "POST"


@require(Permission.TEAM_EDIT)
@fresh_factor_when(is_sent)
@require_http_methods(["GET", "POST"])
def member(request: HttpRequest, id: UUID) -> HttpResponse:
    membership = account_doors.get_member(request.access, id)
    back = {"url": reverse("accounts:member_detail", args=[membership.pk]), "name": str(membership)}
    trail = [{"url": reverse("accounts:team"), "name": "Team"}, back]
    return _page(request, membership, trail, _closed_for_member(request, membership))


@require(Permission.TEAM_EDIT)
@fresh_factor_when(is_sent)
@require_http_methods(["GET", "POST"])
def invitation(request: HttpRequest, id: UUID) -> HttpResponse:
    invited = account_doors.get_invitation(request.access, id, timezone.now())
    closed = ""
    if invited.is_administrator:
        closed = "An administrator sees every customer. Invite them with another role to limit what they see."
    trail = [{"url": reverse("accounts:team"), "name": "Team"}]
    return _page(request, invited, trail, closed or _closed_for_restricted(request))


@require(Permission.API_KEY_EDIT)
@fresh_factor_when(is_sent)
@require_http_methods(["GET", "POST"])
def key(request: HttpRequest, id: UUID) -> HttpResponse:
    found = account_doors.get_api_key(request.access, id)
    closed = "" if found.is_live(timezone.now()) else "This key opens nothing any more, so nothing is left to limit."
    if found.membership != request.access.membership:
        closed = closed or _closed_for_restricted(request)
    back = {"url": reverse("accounts:api_key_detail", args=[found.pk]), "name": str(found)}
    trail = [{"url": reverse("accounts:api_key_list"), "name": "API keys"}, back]
    return _page(request, found, trail, closed)


def _closed_for_member(request: HttpRequest, membership: Membership) -> str:
    """Why nothing can be decided about this member; nothing where it can."""
    if membership.is_administrator:
        return f"{membership} is an administrator, and administrators see every customer. Give them another role first."
    if membership == request.access.membership:
        return "Nobody decides about their own access. Ask another administrator."
    return _closed_for_restricted(request)


def _closed_for_restricted(request: HttpRequest) -> str:
    if request.access.is_restricted:
        return "You see only some customers yourself, so you cannot decide what others see. Ask an administrator."
    return ""


def _page(request: HttpRequest, target: Restricted, trail: list[dict[str, str]], closed: str) -> HttpResponse:
    context: dict[str, Any] = {"target": target, "trail": trail, "back": trail[-1]["url"], "closed": closed}
    if closed:
        return TemplateResponse(request, "billing/restrictions/closed.html", context)
    sent = request.POST if request.method == "POST" else None
    judged = sent is not None and bool({"save", "preview"} & sent.keys())
    form = RestrictionForm(sent, access=request.access, target=target, judged=judged)
    if sent is not None and not judged:
        refused_ids.note_in([RestrictionForm(sent, access=request.access, target=target)], request)
    if sent is None:
        kept = target.restriction, target.field_values, target.customer_ids
        context["preview"] = preview(request.access, target, *kept)
    elif "preview" in sent and form.is_valid():
        chosen = form.cleaned_data["mode"], form.field_values, form.customer_ids
        context["preview"] = preview(request.access, target, *chosen)
    elif "search" in sent and (text := sent.get("find", "").strip()[:LONGEST_SEARCH]):
        context |= {"found": search(doors.customers(request.access), text), "searched": text}
    elif "save" in sent and _saved(request, form, target):
        messages.success(request, f"{target}: saved which customers are seen.")
        return redirect(trail[-1]["url"])
    return TemplateResponse(request, "billing/restrictions/edit.html", context | {"form": form})


def _saved(request: HttpRequest, form: RestrictionForm, target: Restricted) -> bool:
    if not form.is_valid():
        return False
    try:
        restrictions.restrict(
            target=target,
            restriction=form.cleaned_data["mode"],
            field_values=form.field_values,
            customer_ids=form.customer_ids,
            granter=request.access,
            by=request.access.actor,
            at=timezone.now(),
        )
    except (AccountsError, BillingError) as refusal:
        form.add_error(None, str(refusal))
        return False
    return True
