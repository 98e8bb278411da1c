from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from billing import formats
from billing.models import PaymentAttempt
from portal import doors
from portal.actions import sessions
from portal.guards import COOKIE, for_customer
from portal.views.invoices import frame
from security.cookies import delete_cookie
from security.guards import public

Status = PaymentAttempt.Status


@for_customer
@require_safe
def attempt(request: HttpRequest, id: UUID) -> HttpResponse:
    """Where a payment stands: on the way to the provider, under way, made, or not made. It looks again by itself."""
    attempt = doors.get_attempt(request.visit, id)
    is_settling = attempt.status == Status.STARTED and "returned" in request.GET
    return TemplateResponse(
        request,
        "portal/attempts/detail.html",
        {
            **frame(request),
            "attempt": attempt,
            "invoice": attempt.invoice,
            "amount": formats.money(attempt.amount),
            "is_waiting": attempt.status == Status.STARTED and (is_settling or not attempt.hand_over_url),
            "is_settling": is_settling,
        },
    )


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
