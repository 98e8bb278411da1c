from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from billing import formats
from billing.actions import attempts
from billing.models import PaymentAttempt
from portal import doors
from portal.actions import sessions
from portal.guards import COOKIE, LOOKS, for_customer
from portal.views.invoices import frame
from security.cookies import delete_cookie
from security.guards import public

Status = PaymentAttempt.Status
LONGEST_PAUSE = 30


@for_customer
@require_safe
def attempt(request: HttpRequest, id: UUID) -> HttpResponse:
    """Where a payment stands: on the way to the provider, under way, made, or not made. It looks again by itself.

    The provider sends people back here by a GET: it has the worker ask what became of the charge, as its call does.
    """
    attempt = doors.get_attempt(request.visit, id)
    has_returned = "returned" in request.GET
    if has_returned:
        attempts.ask_again(attempt=attempt, at=timezone.now())
    context = {
        **frame(request),
        "attempt": attempt,
        "invoice": attempt.invoice,
        "amount": formats.money(attempt.amount),
        "step": step_of(attempt, has_returned),
        "is_invoice_shown": attempt.invoice.status in doors.SHOWN,
        "has_receipt": attempt.payment is not None and attempt.payment.emails.exists(),
        "credit": formats.money(attempt.payment.unapplied) if attempt.payment and attempt.payment.unapplied else "",
        **next_look(request, has_returned),
    }
    return TemplateResponse(request, "portal/attempts/detail.html", context)


def step_of(attempt: PaymentAttempt, has_returned: bool) -> str:
    if attempt.status != Status.STARTED:
        return attempt.status
    if not attempt.hand_over_url:
        return "opening"
    return "asking" if has_returned else "leaving"


def next_look(request: HttpRequest, has_returned: bool) -> dict[str, Any]:
    """When the page looks again, a little later each time, and under which address."""
    given = request.GET.get(LOOKS, "")
    looks = int(given[:3]) if given.isascii() and given.isdecimal() else 0
    query = {LOOKS: looks + 1} | ({"returned": 1} if has_returned else {})
    return {"pause": min(2 + looks // 5, LONGEST_PAUSE), "again": f"{request.path}?{urlencode(query)}"}


@for_customer
@require_POST
def end(request: HttpRequest) -> HttpResponse:
    sessions.end(session=request.visit, by=request.actor, at=timezone.now())
    response = redirect("portal:ended")
    delete_cookie(response, COOKIE)
    return response


@public
@require_safe
def ended(request: HttpRequest) -> HttpResponse:
    return TemplateResponse(request, "portal/sessions/ended.html")
