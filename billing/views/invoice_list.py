"""The list of invoices, what can be done with several at once, and the list as a file."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from accounts.permissions import Permission
from billing import doors
from billing.actions import exports, invoices
from billing.forms.invoice_list import InvoiceFilterForm
from billing.models import Invoice
from billing.queries.invoice_export import HEAD, invoice_table
from billing.queries.invoice_list import NEWEST, ORDERS, STATUSES, extent, listed, narrowed, rows_of
from billing.queries.keyset import PAGE_SIZE
from billing.views.addresses import changed, stem
from security import refused_ids
from security.guards import require
from security.spreadsheet import stream

CHIPS = ("draft", "open", "overdue", "not_sent", "sent", "viewed", "pending", "paid", "voided", "bad_debt", "disputed")
MORE_FILTERS = ("customer", "currency", "issued_from", "issued_to", "due_from", "due_to", "amount_from", "amount_to")
MOST_SELECTED = 200
MOST_REFUSALS_SHOWN = 10
BULK = {
    "issue": (Permission.INVOICE_ISSUE, invoices.issue_possible),
    "send": (Permission.INVOICE_SEND, invoices.send_possible),
}


@require(Permission.INVOICE_VIEW)
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    access, as_of = request.access, request.access.company.today(timezone.now())
    form = InvoiceFilterForm(request.GET, customers=doors.customers(access))
    found = doors.invoices(access).none()
    sort = NEWEST
    if form.is_valid():
        found, sort = narrowed(doors.invoices(access), form.filters(), as_of), form.cleaned_data["sort"]
    position = {name: request.GET.get(name, "") for name in ("after", "before")}
    page = listed(found, ORDERS[sort], **position, size=PAGE_SIZE)
    counted = extent(found)
    context = {
        "form": form,
        "rows": rows_of(page.rows, as_of, stem("billing:invoice_detail")),
        "extent": counted,
        "previous": changed(request.GET, before=page.before) if page.before else None,
        "next": changed(request.GET, after=page.after) if page.after else None,
        "chips": _chips(request),
        "sorts": _sorts(request, sort),
        "query": request.GET.urlencode(),
        "shown": f"{len(page.rows)} of {counted.words}",
        "more_filters": any(request.GET.get(name) for name in MORE_FILTERS),
        "is_narrowed": any(value for name, value in request.GET.items() if name not in ("sort", "after", "before")),
    }
    return TemplateResponse(request, "billing/invoices/list.html", context)


@require(Permission.EXPORT_RUN)
@require_POST
def export(request: HttpRequest) -> HttpResponseBase:
    access, at = request.access, timezone.now()
    form = InvoiceFilterForm(request.GET, customers=doors.customers(access))
    if not form.is_valid():
        refused_ids.note_in([form], request)
        messages.error(request, "Nothing was exported: the filters hold a mistake. Correct what is marked below.")
        return redirect(_list(request))
    as_of = access.company.today(at)
    rows = invoice_table(narrowed(doors.invoices(access), form.filters(), as_of), as_of)
    exports.record_invoices(
        company=access.company,
        filters={name: value for name, value in request.GET.dict().items() if value},
        by=access.actor,
        at=at,
    )
    return StreamingHttpResponse(
        stream(HEAD, rows),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="invoices-{as_of.isoformat()}.csv"'},
    )


@require(Permission.INVOICE_VIEW)
@require_POST
def bulk(request: HttpRequest) -> HttpResponse:
    act = request.POST.get("bulk", "")
    if act not in BULK:
        raise Http404
    permission, change = BULK[act]
    if not request.access.can(permission):
        raise PermissionDenied
    selected = _selected(request)
    if not selected:
        messages.warning(request, "Nothing was selected. Tick the invoices first.")
        return redirect(_list(request))
    changed_ones, refusals = change(selected=selected, by=request.access.actor, at=timezone.now())
    numbers = {invoice.pk: str(invoice) for invoice in changed_ones}
    done = [numbers[invoice.pk] for invoice in selected if invoice.pk in numbers]
    refused = [f"{_named(invoice)}: {refusals[invoice.pk]}" for invoice in selected if invoice.pk in refusals]
    _report(request, act, done, refused)
    return redirect(_list(request))


def _selected(request: HttpRequest) -> list[Invoice]:
    """The ticked invoices in the order of their dates. One that may not be seen makes the whole request a 404."""
    try:
        ids = {UUID(id) for id in request.POST.getlist("selected")}
    except ValueError:
        raise Http404 from None
    if len(ids) > MOST_SELECTED:
        raise Http404
    found = doors.invoices(request.access).filter(pk__in=ids).order_by("issue_date", "pk")
    chosen = list(found)
    if len(chosen) != len(ids):
        raise Http404
    return chosen


def _report(request: HttpRequest, act: str, done: list[str], refused: list[str]) -> None:
    if done:
        what = "1 invoice" if len(done) == 1 else f"{len(done)} invoices"
        names = done[0] if len(done) == 1 else f"{done[0]} to {done[-1]}" if act == "issue" else ", ".join(done[:5])
        names += ", …" if act == "send" and len(done) > 5 else ""
        sentence = f"{what} issued: {names}." if act == "issue" else f"{what} on the way to the customers: {names}."
        messages.success(request, sentence)
    for sentence in refused[:MOST_REFUSALS_SHOWN]:
        messages.error(request, sentence)
    if len(refused) > MOST_REFUSALS_SHOWN:
        messages.error(request, f"{len(refused) - MOST_REFUSALS_SHOWN} more were left as they are, for like reasons.")


def _named(invoice: Invoice) -> str:
    return invoice.number or f"Draft for {invoice.customer_name}"


def _list(request: HttpRequest) -> str:
    return f"{reverse('billing:invoice_list')}{changed(request.GET)}"


def _chips(request: HttpRequest) -> list[dict[str, Any]]:
    current = request.GET.get("status", "")
    shown = CHIPS if current in CHIPS or current not in STATUSES else (*CHIPS, current)
    chips = [{"label": "All", "url": changed(request.GET, status=None), "current": not current}]
    return chips + [
        {"label": STATUSES[status], "url": changed(request.GET, status=status), "current": status == current}
        for status in shown
    ]


def _sorts(request: HttpRequest, sort: str) -> dict[str, dict[str, str]]:
    """For each sortable column its link, which turns the order round if the list is sorted by it already."""
    first = {"number": "-number", "issued": "-issued", "due": "due", "amount": "-amount"}
    sorts = {}
    for name, preferred in first.items():
        other = name if preferred.startswith("-") else f"-{name}"
        target = other if sort == preferred else preferred
        direction = "descending" if sort.startswith("-") else "ascending"
        sorts[name] = {
            "url": changed(request.GET, sort=target),
            "direction": direction if sort.removeprefix("-") == name else "none",
        }
    return sorts
