"""Payments: the list, recording one by hand, and what becomes of it."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.permissions import Permission
from billing import doors, formats
from billing.actions import payments
from billing.currencies import CURRENCIES
from billing.errors import BillingError
from billing.forms.invoice_acts import ReasonForm
from billing.forms.payments import (
    AllocateForm,
    ChooseCustomerForm,
    PaymentFilterForm,
    PaymentForm,
    shared_out_as_typed,
    starting_values,
)
from billing.models import Customer, Payment
from billing.queries.keyset import counted
from billing.queries.open_invoices import OpenInvoice, currencies_owed, open_invoices
from billing.queries.payment_list import STATES, listed, narrowed, rows_of
from billing.queries.payment_page import payment_page
from billing.queries.recipients import receipt_recipient
from billing.views.addresses import changed, stem
from security.guards import require
from security.ids import id_of_a_form

MOST_CUSTOMERS_LISTED = 100
MORE_FILTERS = ("customer", "method", "received_from", "received_to")


@require(Permission.PAYMENT_VIEW)
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    access = request.access
    form = PaymentFilterForm(request.GET, customers=doors.customers(access))
    found = doors.payments(access)
    found = narrowed(found, form.filters()) if form.is_valid() else found.none()
    page = listed(found, **{name: request.GET.get(name, "") for name in ("after", "before")})
    state = request.GET.get("state", "")
    context = {
        "form": form,
        "rows": rows_of(page.rows, stem("billing:payment_detail")),
        "shown": f"{len(page.rows)} of {counted(found)}",
        "previous": changed(request.GET, before=page.before) if page.before else None,
        "next": changed(request.GET, after=page.after) if page.after else None,
        "chips": [
            {"label": label, "url": changed(request.GET, state=name or None), "current": name == state}
            for name, label in [("", "All"), *STATES.items()]
        ],
        "more_filters": any(request.GET.get(name) for name in MORE_FILTERS),
        "is_narrowed": any(value for name, value in request.GET.items() if name not in ("after", "before")),
    }
    return TemplateResponse(request, "billing/payments/list.html", context)


@require(Permission.PAYMENT_RECORD)
@require_http_methods(["GET", "HEAD", "POST"])
def create(request: HttpRequest) -> HttpResponse:
    """Two steps in one address: whose money it is, then what it is used on."""
    customer, wanted = _whose(request)
    if customer is None:
        return _choose(request)
    today = request.access.company.today(timezone.now())
    visible = doors.invoices(request.access)
    currency = _currency(request, customer, wanted)
    open_ones = open_invoices(visible, customer, currency, today, wanted.pk if wanted else None)
    given = {"invoices": open_ones, "today": today, "receipt_to": receipt_recipient(customer)}
    if request.method != "POST":
        first = next((one for one in open_ones if wanted and one.id == wanted.pk), None)
        form = PaymentForm(initial=starting_values(first, currency, today), **given)
    elif "share" in request.POST:
        form = PaymentForm(initial=shared_out_as_typed(request.POST, currency, open_ones), **given)
    else:
        form = PaymentForm(request.POST, **given)
        if form.is_valid() and (made := _record(request, customer, form)):
            return redirect("billing:payment_detail", id=made.pk)
    owed = currencies_owed(visible, customer)
    context = {
        "form": form,
        "customer": customer,
        "currency": currency,
        "currencies": _currency_chips(request, customer, [*owed, currency], currency),
        "is_changed": request.method == "POST",
    }
    return TemplateResponse(request, "billing/payments/create.html", context)


@require(Permission.PAYMENT_VIEW)
@require_safe
def detail(request: HttpRequest, id: UUID) -> HttpResponse:
    return _page(request, doors.get_payment(request.access, id))


@require(Permission.PAYMENT_ALLOCATE)
@require_POST
def allocate(request: HttpRequest, id: UUID) -> HttpResponse:
    payment = doors.get_payment(request.access, id)
    form = _allocate_form(request, payment, request.POST)
    if form.is_valid():
        invoice = doors.get_invoice(request.access, UUID(form.cleaned_data["invoice"]))
        amount = form.cleaned_data["amount"]
        try:
            payments.allocate(
                payment=payment, invoice=invoice, amount=amount, by=request.access.actor, at=timezone.now()
            )
        except BillingError as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, f"{formats.money(amount)} of {payment} is now used on invoice {invoice}.")
            return redirect("billing:payment_detail", id=payment.pk)
    return _page(request, payment, form)


@require(Permission.PAYMENT_ALLOCATE)
@require_POST
def release(request: HttpRequest, id: UUID) -> HttpResponse:
    allocation = doors.get_allocation(request.access, id)
    try:
        payments.release(allocation=allocation, by=request.access.actor, at=timezone.now())
    except BillingError as refusal:
        messages.error(request, str(refusal))
    else:
        amount = formats.money(allocation.amount)
        messages.success(
            request,
            f"{amount} is released from invoice {allocation.invoice} and is again the customer's unapplied credit.",
        )
    if request.POST.get("from") == "invoice":
        return redirect("billing:invoice_detail", id=allocation.invoice_id)
    return redirect("billing:payment_detail", id=allocation.payment_id)


@require(Permission.PAYMENT_REVERSE)
@require_http_methods(["GET", "HEAD", "POST"])
def reverse(request: HttpRequest, id: UUID) -> HttpResponse:
    payment = doors.get_payment(request.access, id)
    form = ReasonForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            payments.reverse(
                payment=payment, reason=form.cleaned_data["reason"], by=request.access.actor, at=timezone.now()
            )
        except BillingError as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, f"Payment {payment} is reversed. What it paid is owed again.")
            return redirect("billing:payment_detail", id=payment.pk)
    page = payment_page(payment)
    context = {
        "payment": payment,
        "page": page,
        "form": form,
        "live": [use for use in page.uses if not use.released_at],
    }
    return TemplateResponse(request, "billing/payments/reverse.html", context)


def _whose(request: HttpRequest) -> tuple[Customer | None, Any]:
    """The customer the address names, directly or by one of its invoices; 404 if it may not be seen."""
    try:
        if wanted := request.GET.get("invoice"):
            invoice = doors.get_invoice(request.access, UUID(wanted))
            return invoice.customer, invoice
        if chosen := request.GET.get("customer"):
            return doors.get_customer(request.access, UUID(chosen)), None
    except ValueError:
        pass
    return None, None


def _choose(request: HttpRequest) -> HttpResponse:
    customers = doors.customers(request.access)
    find = request.GET.get("find", "").replace("\0", "").strip()[:100]
    listed_ones = customers.active().filter(name__icontains=find) if find else customers.active()
    form = ChooseCustomerForm(
        request.GET if "customer" in request.GET and not find else None,
        customers=customers,
        listed=list(listed_ones.order_by("name", "id")[:MOST_CUSTOMERS_LISTED]),
    )
    return TemplateResponse(request, "billing/payments/choose.html", {"form": form, "find": find})


def _currency(request: HttpRequest, customer: Customer, wanted: Any) -> str:
    """The one the form was made for, else of the invoice it is for, else the customer's own."""
    asked = request.POST.get("currency") or request.GET.get("currency")
    if asked in CURRENCIES:
        return str(asked)
    return str(wanted.currency if wanted else customer.currency)


def _currency_chips(
    request: HttpRequest, customer: Customer, currencies: list[str], current: str
) -> list[dict[str, Any]]:
    def url(code: str) -> str:
        return changed(request.GET, customer=customer.pk, currency=code, invoice=None)

    return [{"label": code, "url": url(code), "current": code == current} for code in dict.fromkeys(currencies)]


def _record(request: HttpRequest, customer: Customer, form: PaymentForm) -> Payment | None:
    entered = form.cleaned_data
    try:
        made = payments.record(
            customer=customer,
            amount=entered["amount"],
            received_date=entered["received_date"],
            method=entered["method"],
            reference=entered["reference"],
            receipt_to=form.receipt_to if entered.get("send_receipt") else None,
            request_key=id_of_a_form(entered["request_key"], customer.company_id, request.access.actor.id),
            uses=[payments.Use(invoice_id, part) for invoice_id, part in form.parts().items()],
            by=request.access.actor,
            at=timezone.now(),
        )
    except BillingError as refusal:
        form.add_error(None, str(refusal))
        return None
    left = f" {formats.money(made.unapplied)} of it stays to the customer's credit." if made.unapplied else ""
    messages.success(request, f"Payment {made} of {formats.money(made.amount)} is recorded.{left}")
    return made


def _page(request: HttpRequest, payment: Payment, form: AllocateForm | None = None) -> HttpResponse:
    if form is None and payment.unapplied and request.access.can(Permission.PAYMENT_ALLOCATE):
        form = _allocate_form(request, payment)
    context = {"payment": payment, "page": payment_page(payment), "form": form}
    return TemplateResponse(request, "billing/payments/detail.html", context)


def _allocate_form(request: HttpRequest, payment: Payment, data: Any = None) -> AllocateForm:
    today = request.access.company.today(timezone.now())
    wanted = _id((data or request.GET).get("invoice", ""))
    owed: list[OpenInvoice] = open_invoices(
        doors.invoices(request.access), payment.customer, payment.currency, today, wanted
    )
    first = next((one for one in owed if one.id == wanted), owed[0] if owed else None)
    return AllocateForm(data, invoices=owed, first=first, rest=payment.unapplied)


def _id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
