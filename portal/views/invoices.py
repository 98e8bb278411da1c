import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_http_methods, require_safe

from billing import formats
from billing.actions import attempts
from billing.documents.from_invoice import sheet_of
from billing.documents.pdf import render_invoice
from billing.errors import BillingError
from billing.gateways import available
from billing.models import Invoice, Logo, PaymentAttempt, Seller
from billing.statuses import SHOWN_STATUSES
from portal import doors
from portal.actions import documents
from portal.forms.payments import PayForm
from portal.guards import DOWNLOADS, PAYMENTS, for_customer, limited

CUSTOMER_WORDS = {"sent": "To pay", "bad_debt": "Closed"}
Status = PaymentAttempt.Status


@for_customer
@require_safe
def invoice(request: HttpRequest, id: UUID) -> HttpResponse:
    invoice = doors.get_document(request.visit, id)
    today = request.visit.company.today(timezone.now())
    context = {
        **frame(request),
        "invoice": invoice,
        "sheet": sheet_of(invoice, today, with_logo=False),
        **standing(invoice, today),
        **last_attempt(invoice),
    }
    return TemplateResponse(request, "portal/invoices/detail.html", context)


@for_customer
@limited(DOWNLOADS, "GET")
@require_safe
def pdf(request: HttpRequest, id: UUID) -> HttpResponse:
    invoice, at = doors.get_document(request.visit, id), timezone.now()
    content = render_invoice(sheet_of(invoice, request.visit.company.today(at)))
    if request.method == "GET":  # who asks for the head alone takes nothing away
        documents.record_download(invoice=invoice, by=request.actor, at=at)
    disposition = content_disposition_header(as_attachment=True, filename=f"{invoice.number}.pdf")
    return HttpResponse(content, content_type="application/pdf", headers={"Content-Disposition": disposition})


@for_customer
@limited(PAYMENTS, "POST")
@require_http_methods(["GET", "HEAD", "POST"])
def pay(request: HttpRequest, id: UUID) -> HttpResponse:
    invoice = doors.get_invoice(request.visit, id)
    form = PayForm(request.POST if request.method == "POST" else None, invoice=invoice)
    is_valid = form.is_valid()
    made_before = doors.attempt_of_form(invoice, form.cleaned_data.get("request_key")) if form.is_bound else None
    if made_before:
        return redirect("portal:attempt", id=made_before.pk)
    if not payable(invoice):
        return redirect("portal:invoice", id=invoice.pk)
    if is_valid:
        try:
            return redirect("portal:attempt", id=start(request, invoice, form).pk)
        except BillingError as refusal:
            messages.error(request, str(refusal))
            have_asked_about(doors.newest_attempt(invoice))
            return redirect("portal:invoice", id=invoice.pk)
    context = {**frame(request), "invoice": invoice, "form": form, "balance": formats.money(invoice.balance)}
    return TemplateResponse(request, "portal/invoices/pay.html", context)


def start(request: HttpRequest, invoice: Invoice, form: PayForm) -> PaymentAttempt:
    return attempts.start(
        invoice=invoice,
        amount=form.cleaned_data["amount"],
        request_key=form.cleaned_data["request_key"],
        gateway=available()[0],
        by=request.actor,
        at=timezone.now(),
    )


def have_asked_about(attempt: PaymentAttempt | None) -> None:
    """What stands in the way of a payment may have ended at the provider, unknown to us."""
    if attempt:
        attempts.ask_again(attempt=attempt, at=timezone.now())


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
    kept: Logo = get_object_or_404(Logo.objects.all())
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
    """Whether it can be paid online now."""
    return bool(available()) and is_open(invoice) and invoice.pending_at is None


def is_open(invoice: Invoice) -> bool:
    return invoice.status == Invoice.Status.ISSUED and bool(invoice.balance)


def standing(invoice: Invoice, today: datetime.date) -> dict[str, Any]:
    """The one big amount, and in a word how the invoice stands."""
    shown = invoice.shown_status(today)
    is_paid = shown == "paid"
    shown_to_customer = shown if shown in ("paid", "past_due", "pending", "bad_debt") else "sent"
    return {
        "amount": formats.money(invoice.total if is_paid else invoice.balance),
        "total": formats.money(invoice.total),
        "due": formats.day(invoice.due_date),
        "away": formats.away(invoice.due_date, today),
        "status": shown_to_customer,
        "status_word": CUSTOMER_WORDS.get(shown_to_customer, SHOWN_STATUSES[shown]),
        "is_paid": is_paid,
        "is_partly_paid": is_open(invoice) and bool(invoice.amount_paid),
        "is_payable": payable(invoice),
        "is_open": is_open(invoice),
    }


def last_attempt(invoice: Invoice) -> dict[str, Any]:
    """The try to pay that is still on its way, or the one that just failed."""
    attempt = doors.newest_attempt(invoice)
    status = attempt.status if attempt else None
    return {
        "attempt_under_way": attempt if status in (Status.STARTED, Status.PENDING) else None,
        "failed_attempt": attempt if status in (Status.DECLINED, Status.FAILED) and payable(invoice) else None,
    }
