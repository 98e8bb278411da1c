from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.errors import AccountsError
from accounts.permissions import Permission
from accounts.views import second_person
from audit.queries import MANY, customer_history
from billing import doors
from billing.actions import customers, exports
from billing.countries import COUNTRIES
from billing.errors import BillingError
from billing.forms.customers import CustomerFilterForm, CustomerForm, NoteForm
from billing.models import Customer, CustomFieldValue
from billing.queries import customer_record
from billing.queries.custom_fields import active, shown_values
from billing.queries.customer_export import customer_head, customer_table
from billing.queries.customers import FILTERS, listed, narrowed, rows_of
from billing.queries.keyset import PAGE_SIZE, counted
from billing.queries.owners import may_add
from billing.views.addresses import changed, stem
from security import refused_ids
from security.guards import require
from security.spreadsheet import stream

TIMELINE = 12
MORE_FILTERS = ("owner", "currency")


@require(Permission.CUSTOMER_VIEW)
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    access, as_of = request.access, request.access.company.today(timezone.now())
    if agreed := second_person.agreed_to(request, exports.CUSTOMERS):
        return redirect(f"{reverse('billing:customer_list')}?{urlencode(agreed['filters'])}")
    seller = doors.get_seller(access)
    fields = [field for field in active(access) if field.in_list]
    form = CustomerFilterForm(request.GET, access=access, listed=fields)
    found, sort, currency = doors.customers(access).none(), "name", seller.currency
    if form.is_valid():
        filters = form.filters()
        found, sort, currency = narrowed(doors.customers(access), filters, as_of), filters.sort, filters.currency
    position = {name: request.GET.get(name, "") for name in ("after", "before")}
    page = listed(found, request.access.company.pk, sort, currency or seller.currency, **position, size=PAGE_SIZE)
    before, after = stem("billing:customer_detail")
    context = {
        "form": form,
        "rows": rows_of(page.rows, seller.currency, as_of, fields),
        "fields": fields,
        "row_before": before,
        "row_after": after,
        "previous": changed(request.GET, before=page.before) if page.before else None,
        "next": changed(request.GET, after=page.after) if page.after else None,
        "chips": _chips(request),
        "sorts": _sorts(request, sort),
        "query": request.GET.urlencode(),
        "may_add": may_add(access),
        "owing_in": (currency or seller.currency) if sort == "-balance" else "",
        "shown": f"{len(page.rows)} of {counted(found)}",
        "more_filters": any(request.GET.get(name) for name in (*MORE_FILTERS, *form.own)),
        "is_narrowed": any(value for name, value in request.GET.items() if name not in ("sort", "after", "before")),
    }
    return TemplateResponse(request, "billing/customers/list.html", context)


@require(Permission.EXPORT_RUN)
@require_POST
def export(request: HttpRequest) -> HttpResponseBase:
    access, at = request.access, timezone.now()
    fields = active(access)
    form = CustomerFilterForm(request.GET, access=access, listed=[field for field in fields if field.in_list])
    if not form.is_valid():
        refused_ids.note_in([form], request)
        messages.error(request, "Nothing was exported: the filters hold a mistake. Correct what is marked below.")
        return redirect(f"{reverse('billing:customer_list')}{changed(request.GET)}")
    as_of = access.company.today(at)
    found = narrowed(doors.customers(access), form.filters(), as_of)
    rows = customer_table(access.company, found, access.visible(CustomFieldValue), fields)
    try:
        exports.record_customers(
            membership=access.membership,
            filters=form.chosen(),
            words=form.words(),
            at_least=found.order_by()[: MANY + 1].count(),
            by=access.actor,
            at=at,
        )
    except AccountsError as refusal:
        second_person.ask_or_say(request, refusal)
        return redirect(f"{reverse('billing:customer_list')}{changed(request.GET)}")
    return StreamingHttpResponse(
        stream(customer_head(fields), rows),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="customers-{as_of.isoformat()}.csv"'},
    )


@require(Permission.CUSTOMER_CREATE)
@require_http_methods(["GET", "POST"])
def create(request: HttpRequest) -> HttpResponse:
    access = request.access
    if not may_add(access):
        messages.error(request, "You see a fixed list of customers. Ask an administrator to add one to it.")
        return redirect("billing:customer_list")
    form = CustomerForm(request.POST or None, access=access, seller=doors.get_seller(access))
    if form.is_valid():
        try:
            customer = customers.create(
                company=access.company,
                details=form.details(),
                number=form.chosen_number,
                values=form.values(),
                by=access.actor,
                at=timezone.now(),
            )
        except BillingError as refusal:
            form.add_error("number" if "number" in form.fields else None, str(refusal))
        else:
            messages.success(request, f"Customer {customer} added as {customer.number}.")
            return redirect("billing:customer_detail", id=customer.pk)
    return TemplateResponse(request, "billing/customers/create.html", {"form": form})


@require(Permission.CUSTOMER_VIEW)
@require_safe
def detail(request: HttpRequest, id: UUID) -> HttpResponse:
    access, as_of = request.access, request.access.company.today(timezone.now())
    customer = doors.get_customer(access, id)
    context = {
        "customer": customer,
        "own_values": shown_values(customer),
        "country": COUNTRIES.get(customer.country, ""),
        "account": customer_record.account(customer, as_of, reverse("billing:invoice_list")),
        "invoices": customer_record.open_invoices(doors.invoices(access), customer, as_of),
        "payments": customer_record.recent_payments(doors.payments(access), customer),
        "contacts": customer.contacts.filter(archived_at__isnull=True).order_by("name", "pk"),
        "notes": customer_record.notes(customer),
        "note_form": NoteForm(),
        "entries": customer_history(customer.pk, TIMELINE),
        "invoice_stem": stem("billing:invoice_detail"),
        "payment_stem": stem("billing:payment_detail"),
        "contact_stem": stem("billing:contact_edit"),
    }
    return TemplateResponse(request, "billing/customers/detail.html", context)


@require(Permission.CUSTOMER_EDIT)
@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, id: UUID) -> HttpResponse:
    access = request.access
    customer = doors.get_customer(access, id)
    form = CustomerForm(request.POST or None, access=access, seller=doors.get_seller(access), record=customer)
    if form.is_valid():
        try:
            customer = customers.change(
                customer=customer, details=form.details(), values=form.values(), by=access.actor, at=timezone.now()
            )
        except BillingError as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, f"Customer {customer} saved.")
            return redirect("billing:customer_detail", id=customer.pk)
    return TemplateResponse(request, "billing/customers/edit.html", {"form": form, "customer": customer})


@require(Permission.CUSTOMER_ARCHIVE)
@require_POST
def archive(request: HttpRequest, id: UUID) -> HttpResponse:
    customer = doors.get_customer(request.access, id)
    sentence = f"Customer {customer} archived. It can be restored at any time."
    return _answer(request, customer, customers.archive, sentence)


@require(Permission.CUSTOMER_ARCHIVE)
@require_POST
def restore(request: HttpRequest, id: UUID) -> HttpResponse:
    customer = doors.get_customer(request.access, id)
    return _answer(request, customer, customers.restore, f"Customer {customer} restored.")


def _answer(request: HttpRequest, customer: Customer, action: Any, sentence: str) -> HttpResponse:
    try:
        action(customer=customer, by=request.access.actor, at=timezone.now())
    except BillingError as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, sentence)
    return redirect("billing:customer_detail", id=customer.pk)


def _chips(request: HttpRequest) -> list[dict[str, Any]]:
    current = request.GET.get("show", "")
    return [
        {"label": label, "url": changed(request.GET, show=show or None), "current": show == current}
        for show, label in FILTERS.items()
    ]


def _sorts(request: HttpRequest, sort: str) -> dict[str, dict[str, str]]:
    """For each sortable column its link, which turns the order of names round if that is the order already."""
    by_name = "-name" if sort == "name" else "name"
    direction = {"name": "ascending", "-name": "descending"}.get(sort, "none")
    return {
        "name": {"url": changed(request.GET, sort=by_name), "direction": direction},
        "balance": {
            "url": changed(request.GET, sort="-balance"),
            "direction": "descending" if sort == "-balance" else "none",
        },
    }
