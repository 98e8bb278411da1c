"""The API: read-only JSON for programs with a key, through the same doors as the pages."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.api import api_view
from audit.queries import Filters, billing_events
from billing import doors
from billing.api import customers, events, invoices, payments
from billing.api.endpoints import (
    ACTIVE,
    CUSTOMER_RECORD,
    CUSTOMERS,
    EVENTS,
    INVOICE_RECORD,
    INVOICES,
    PAYMENT_RECORD,
    PAYMENTS,
)
from billing.api.openapi import document
from billing.api.pages import answer, page
from billing.api.parameters import AFTER, LIMIT, given
from billing.models import Allocation
from billing.queries import customers as customer_list_query
from billing.queries import invoice_list as invoice_list_query
from billing.queries import payment_list as payment_list_query
from security import refused_ids
from security.guards import public


@api_view(CUSTOMERS.permission)
def customer_list(request: HttpRequest) -> HttpResponse:
    access, sent = request.access, given(request.GET, CUSTOMERS.known)
    show = sent.get("show", ACTIVE)
    filters = customer_list_query.CustomerFilters(text=sent.get("q", ""), show="" if show == ACTIVE else show)
    rows = customer_list_query.narrowed(doors.customers(access), filters, access.company.today(timezone.now()))
    found, cursor = page(rows.select_related("owner"), customer_list_query.ORDERS["name"], sent)
    return _page(request, customers.written(found, access), cursor)


@api_view(CUSTOMER_RECORD.permission)
def customer_record(request: HttpRequest, id: UUID) -> HttpResponse:
    given(request.GET, CUSTOMER_RECORD.known)
    return JsonResponse(customers.written_with_contacts(doors.get_customer(request.access, id), request.access))


@api_view(INVOICES.permission)
def invoice_list(request: HttpRequest) -> HttpResponse:
    access, sent = request.access, given(request.GET, INVOICES.known)
    as_of = access.company.today(timezone.now())
    filters = invoice_list_query.InvoiceFilters(**_filters(request, sent))
    rows = invoice_list_query.narrowed(doors.invoices(access), filters, as_of)
    found, cursor = page(rows, invoice_list_query.ORDERS[invoice_list_query.NEWEST], sent)
    return _page(request, invoices.written(found, as_of), cursor)


@api_view(INVOICE_RECORD.permission)
def invoice_record(request: HttpRequest, id: UUID) -> HttpResponse:
    given(request.GET, INVOICE_RECORD.known)
    invoice = doors.get_invoice(request.access, id)
    return JsonResponse(invoices.written_with_lines(invoice, request.access.company.today(timezone.now())))


@api_view(PAYMENTS.permission)
def payment_list(request: HttpRequest) -> HttpResponse:
    sent = given(request.GET, PAYMENTS.known)
    filters = payment_list_query.PaymentFilters(**_filters(request, sent))
    rows = payment_list_query.narrowed(doors.payments(request.access), filters)
    found, cursor = page(rows.select_related("customer"), payment_list_query.NEWEST, sent)
    return _page(request, payments.written(found), cursor)


@api_view(PAYMENT_RECORD.permission)
def payment_record(request: HttpRequest, id: UUID) -> HttpResponse:
    given(request.GET, PAYMENT_RECORD.known)
    payment = doors.get_payment(request.access, id)
    allocations = request.access.visible(Allocation).filter(payment=payment).select_related("invoice")
    return JsonResponse(payments.written_with_allocations(payment, allocations.order_by("allocated_at", "pk")))


@api_view(EVENTS.permission)
def event_list(request: HttpRequest) -> HttpResponse:
    access, sent = request.access, given(request.GET, EVENTS.known)
    customer_id = doors.get_customer(access, sent["customer"]).pk if "customer" in sent else None
    filters = Filters(
        actions=[sent["action"]] if "action" in sent else (),
        object_type=sent.get("object_type", ""),
        object_id=str(sent.get("object_id", "")),
        customer_id=customer_id,
        since=sent.get("since"),
        until=sent.get("until"),
    )
    visible = access.visible_customer_ids()
    if filters.object_id:
        known = billing_events(access.company.pk, Filters(object_id=filters.object_id), visible)
        refused_ids.note_unless(known.exists(), request, filters.object_id)
    rows = billing_events(access.company.pk, filters, visible)
    found, cursor = page(rows, events.OLDEST_FIRST, sent)
    return _page(request, events.written(found), cursor)


@public
@require_safe
def openapi(request: HttpRequest) -> HttpResponse:
    """What the API is, for programs that read such descriptions."""
    return JsonResponse(document())


def _filters(request: HttpRequest, sent: dict[str, Any]) -> dict[str, Any]:
    """The filters as the lists take them. A customer that may not be seen is not there."""
    filters = {name: value for name, value in sent.items() if name not in (LIMIT.name, AFTER.name)}
    if "customer" in filters:
        filters["customer"] = doors.get_customer(request.access, filters["customer"])
    return {"text": filters.pop("q", ""), **filters}


def _page(request: HttpRequest, records: Sequence[Any], cursor: str | None) -> HttpResponse:
    return JsonResponse(answer(list(records), cursor, request.path, request.GET.dict()))
