import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from billing import formats
from billing.actions import attempts
from billing.documents.from_invoice import sheet_of
from billing.documents.pdf import render_invoice
from billing.errors import BillingError
from billing.gateways import sandbox
from billing.models import SHOWN_STATUSES, Invoice, Logo, Seller
from portal import doors
from portal.forms.payments import PayForm
from portal.guards import for_customer

CUSTOMER_WORDS = {"sent": "To pay", "bad_debt": "Closed"}


@for_customer
@require_safe
def invoice(request: HttpRequest, id: UUID) -> HttpResponse:
    invoice = doors.get_invoice(request.visit, id)
    today = request.visit.company.today(timezone.now())
    return TemplateResponse(
        request,
        "portal/invoices/detail.html",
        {
            **frame(request),
            "invoice": invoice,
            "sheet": sheet_of(invoice, today, with_logo=False),
            "attempts": doors.attempts(invoice),
            **standing(invoice, today),
        },
    )


@for_customer
@require_safe
def pdf(request: HttpRequest, id: UUID) -> HttpResponse:
    invoice = doors.get_invoice(request.visit, id)
    content = render_invoice(sheet_of(invoice, request.visit.company.today(timezone.now())))
    disposition = f'attachment; filename="{invoice.number}.pdf"'
    return HttpResponse(content, content_type="application/pdf", headers={"Content-Disposition": disposition})


@for_customer
@require_http_methods(["GET", "HEAD", "POST"])
def pay(request: HttpRequest, id: UUID) -> HttpResponse:
    invoice = doors.get_invoice(request.visit, id)
    if not payable(invoice) and request.method != "POST":
        return redirect("portal:invoice", id=invoice.pk)
    form = PayForm(request.POST or None, invoice=invoice)
    if form.is_valid():
        try:
            attempt = attempts.start(
                invoice=invoice,
                amount=form.cleaned_data["amount"],
                request_key=form.cleaned_data["request_key"],
                gateway=sandbox.NAME,
                by=request.actor,
                at=timezone.now(),
            )
        except BillingError as refusal:
            messages.error(request, str(refusal))
            return redirect("portal:invoice", id=invoice.pk)
        return redirect("portal:attempt", id=attempt.pk)
    context = {**frame(request), "invoice": invoice, "form": form, "balance": formats.money(invoice.balance)}
    return TemplateResponse(request, "portal/invoices/pay.html", context)


@for_customer
@require_safe
def brand(request: HttpRequest) -> HttpResponse:
    """The company's colour, as the stylesheet the page's frame asks for."""
    seller = Seller.objects.get()
    return HttpResponse(
        f":root {{ --brand: {seller.brand_colour} }}\n", content_type="text/css", headers={"Cache-Control": "private"}
    )


@for_customer
@require_safe
def logo(request: HttpRequest) -> HttpResponse:
    kept = get_object_or_404(Logo.objects.all())
    return HttpResponse(bytes(kept.png), content_type="image/png", headers={"Cache-Control": "private"})


def frame(request: HttpRequest) -> dict[str, Any]:
    """What every portal page shows around itself: who asks for the money, and how to reach them."""
    has_logo = Logo.objects.exists()
    return {
        "company": request.visit.company,
        "seller": Seller.objects.get(),
        "visit": request.visit,
        "brand_url": reverse("portal:brand"),
        "logo_url": reverse("portal:logo") if has_logo else None,
    }


def payable(invoice: Invoice) -> bool:
    return invoice.status == Invoice.Status.ISSUED and bool(invoice.balance) and invoice.pending_at is None


def standing(invoice: Invoice, today: datetime.date) -> dict[str, Any]:
    """The one big amount, and in a word how the invoice stands."""
    shown = invoice.shown_status(today)
    is_paid = shown == "paid"
    shown_to_customer = shown if shown in ("paid", "past_due", "pending", "bad_debt") else "sent"
    return {
        "amount": formats.money(invoice.total if is_paid else invoice.balance),
        "due": formats.day(invoice.due_date),
        "away": formats.away(invoice.due_date, today),
        "status": shown_to_customer,
        "status_word": CUSTOMER_WORDS.get(shown_to_customer, SHOWN_STATUSES[shown]),
        "is_paid": is_paid,
        "is_payable": payable(invoice),
    }
