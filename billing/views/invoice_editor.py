"""Writing an invoice: the editor, its live totals, and what it suggests while one types."""

import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import Access
from accounts.permissions import Permission
from billing import doors, drafts, formats
from billing.actions import drafts as draft_actions
from billing.actions import invoices
from billing.errors import BillingError, DraftAlreadySaved, DraftChangedMeanwhile, DraftRefused
from billing.forms.invoices import Choices, Editor, InvoiceForm
from billing.forms.lines import as_uuid
from billing.models import Contact, Customer, Invoice, Item, Seller
from billing.totals import Totals
from security import refused_ids
from security.guards import require
from security.ids import uuid7

MOST_SUGGESTIONS = 10
LONGEST_QUERY = 100
CHANGES_NOTHING = (
    "add_line",
    "remove_line",
    "move_up",
    "move_down",
    "add_adjustment",
    "remove_adjustment",
    "find_customer",
)


@require(Permission.INVOICE_CREATE)
@require_http_methods(["GET", "HEAD", "POST"])
def create(request: HttpRequest) -> HttpResponse:
    choices = _choices(request.access)
    if request.method != "POST":
        today = request.access.company.today(timezone.now())
        return _show(request, Editor(choices, initial=_blank(request, choices, today)), choices)

    def save(draft: drafts.Draft) -> Invoice:
        form = as_uuid(request.POST.get("draft_id", ""))
        return draft_actions.create(draft=draft, form=form, by=request.access.actor, at=timezone.now())

    return _answer(request, choices, save, None)


@require(Permission.INVOICE_EDIT)
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, id: UUID) -> HttpResponse:
    invoice, choices = doors.get_invoice(request.access, id), _choices(request.access)
    if invoice.status != Invoice.Status.DRAFT:
        messages.info(request, f"Invoice {invoice} is issued and can no longer be changed. Duplicate it instead.")
        return redirect("billing:invoice_detail", id=invoice.pk)
    if request.method != "POST":
        entered = draft_actions.as_saved(invoice)
        editor = Editor.of_draft(choices, entered)
        editor.take(drafts.totals(entered))
        return _show(request, editor, choices, invoice, seen=draft_actions.fingerprint(invoice, entered))

    def save(draft: drafts.Draft) -> Invoice:
        seen = request.POST.get("seen", "")
        return draft_actions.change(invoice=invoice, draft=draft, seen=seen, by=request.access.actor, at=timezone.now())

    return _answer(request, choices, save, invoice)


@require(Permission.INVOICE_VIEW)
@require_POST
def preview(request: HttpRequest) -> HttpResponse:
    """The totals of what is typed now, as the elements of the page they replace."""
    _require_writer(request.access)
    choices = _choices(request.access)
    editor = Editor(choices, data=request.POST)
    editor.form.is_valid()
    refused_ids.note_in(editor.parts, request)
    problem = ""
    if editor.lines.is_valid() and editor.adjustments.is_valid():
        problem = _add_up(request, editor, choices)
    else:
        problem = "The totals follow once every line is complete."
    return TemplateResponse(
        request, "billing/invoices/_preview.html", _shown(editor) | {"editor": editor, "problem": problem}
    )


@require(Permission.INVOICE_VIEW)
@require_safe
def contacts(request: HttpRequest) -> HttpResponse:
    """The contact field for the customer just chosen."""
    _require_writer(request.access)
    wanted = request.GET.get("customer", "")
    form = InvoiceForm(initial={"customer": wanted}, choices=_choices(request.access))
    refused_ids.note_unless(form.customer, request, wanted)
    return TemplateResponse(request, "billing/invoices/_contact.html", {"form": form})


@require(Permission.INVOICE_VIEW)
@require_safe
def item_suggestions(request: HttpRequest) -> HttpResponse:
    _require_writer(request.access)
    text, currency = _query(request), request.GET.get("currency", "")
    if not text:
        return JsonResponse({"results": []})
    named = Q(code__istartswith=text) | Q(name__istartswith=text)
    found = doors.items(request.access).active().filter(named).order_by("name", "id").prefetch_related("tax_rates")
    return JsonResponse({"results": [_item(item, currency) for item in found[:MOST_SUGGESTIONS]]})


@require(Permission.INVOICE_VIEW)
@require_safe
def customer_suggestions(request: HttpRequest) -> HttpResponse:
    found = doors.customers(request.access).active()
    if text := _query(request):
        found = found.filter(Q(name__icontains=text) | Q(number__istartswith=text))
    return JsonResponse({"results": [_customer(one) for one in found.order_by("name", "id")[:MOST_SUGGESTIONS]]})


def _answer(request: HttpRequest, choices: Choices, save: Any, invoice: Invoice | None) -> HttpResponse:
    """Save what was sent, or show it again: rearranged, added up, or with what is wrong marked."""
    if any(button in request.POST for button in CHANGES_NOTHING):
        refused_ids.note_in(Editor(choices, data=request.POST).parts, request)
        return _show(request, Editor.as_typed(choices, request.POST), choices, invoice)
    editor = Editor(choices, data=request.POST)
    if not editor.is_valid():
        refused_ids.note_in(editor.parts, request)
        return _show(request, editor, choices, invoice)
    if "preview" in request.POST:
        return _show(request, editor, choices, invoice)
    try:
        saved = save(editor.draft())
    except DraftAlreadySaved as already:
        messages.info(request, str(already))
        return redirect("billing:invoice_detail", id=already.invoice_id)
    except DraftChangedMeanwhile as refusal:
        editor.refuse(refusal)
        seen = draft_actions.fingerprint(invoice) if invoice else ""
        return _show(request, editor, choices, invoice, seen=seen)
    except BillingError as refusal:
        editor.refuse(refusal)
        return _show(request, editor, choices, invoice)
    if "issue" in request.POST and request.access.can(Permission.INVOICE_ISSUE):
        return _issue(request, saved)
    messages.success(request, f"The draft for {saved.customer_name} over {formats.money(saved.total)} is saved.")
    return redirect("billing:invoice_detail", id=saved.pk)


def _issue(request: HttpRequest, saved: Invoice) -> HttpResponse:
    try:
        issued = invoices.issue(invoice=saved, by=request.access.actor, at=timezone.now())
    except BillingError as refusal:
        messages.error(request, f"The draft is saved, but it is not issued. {refusal}")
        return redirect("billing:invoice_edit", id=saved.pk)
    owed = formats.money(issued.balance)
    messages.success(request, f"Invoice {issued} is issued. {issued.customer_name} owes {owed}.")
    return redirect("billing:invoice_detail", id=issued.pk)


def _show(
    request: HttpRequest, editor: Editor, choices: Choices, invoice: Invoice | None = None, *, seen: str = ""
) -> HttpResponse:
    """The page. It adds up whatever can be added up, so that totals are there without JavaScript too.

    `seen` is given where the draft is shown as it is now; else what was seen before still counts.
    """
    problem = ""
    if editor.is_bound and editor.lines.is_valid() and editor.adjustments.is_valid():
        problem = _add_up(request, editor, choices)
    context = {
        "editor": editor,
        "form": editor.form,
        "invoice": invoice,
        "problem": problem,
        "problems": editor.problems(),
        "currency": editor.form.typed_currency(choices.seller.currency),
        "is_changed": request.method == "POST",
        "draft_id": as_uuid(request.POST.get("draft_id", "")) or uuid7(),
        "seen": seen or request.POST.get("seen", ""),
    }
    return TemplateResponse(request, "billing/invoices/edit.html", context | _shown(editor))


def _add_up(request: HttpRequest, editor: Editor, choices: Choices) -> str:
    """Put the totals on the page; a sentence if they cannot be worked out."""
    today = request.access.company.today(timezone.now())
    try:
        editor.take(drafts.totals(editor.draft_for_totals(today, choices.seller.currency)))
    except DraftRefused as refusal:
        return str(refusal)
    return ""


def _shown(editor: Editor) -> dict[str, Any]:
    totals = editor.totals
    return {"summary": _summary(totals) if totals else [], "due": formats.money(totals.due) if totals else ""}


def _summary(totals: Totals) -> list[tuple[str, str]]:
    rows = [("Subtotal", formats.money(totals.subtotal))]
    if totals.discount:
        rows.append(("Discounts", f"-{formats.money(totals.discount)}"))
    if totals.charge:
        rows.append(("Charges", formats.money(totals.charge)))
    rows += [(f"{one.tax.name} {formats.percent(one.tax.percent)}", formats.money(one.amount)) for one in totals.taxes]
    rows.append(("Total", formats.money(totals.total)))
    if totals.prepaid:
        rows.append(("Paid in advance", formats.money(-totals.prepaid)))
    return rows


def _choices(access: Access) -> Choices:
    return Choices(
        customers=doors.customers(access),
        contacts=access.visible(Contact),
        items=doors.items(access),
        tax_rates=doors.tax_rates(access),
        seller=Seller.objects.get(company=access.company),
    )


def _blank(request: HttpRequest, choices: Choices, today: datetime.date) -> dict[str, Any]:
    """A new invoice: billed as the company does, or as the customer it is opened for wants it."""
    seller = choices.seller
    initial = {
        "currency": seller.currency,
        "issue_date": today,
        "payment_terms": seller.payment_terms,
        "tax_rounding": seller.tax_rounding,
        "prices_include_tax": seller.prices_include_tax,
    }
    if wanted := request.GET.get("customer"):
        customer = InvoiceForm(initial={"customer": wanted}, choices=choices).customer
        refused_ids.note_unless(customer, request, wanted)
        if customer:
            initial |= {"customer": customer, "currency": customer.currency, "payment_terms": customer.payment_terms}
    return initial


def _require_writer(access: Access) -> None:
    if not (access.can(Permission.INVOICE_CREATE) or access.can(Permission.INVOICE_EDIT)):
        raise PermissionDenied


def _query(request: HttpRequest) -> str:
    return request.GET.get("q", "").replace("\0", "").strip()[:LONGEST_QUERY]


def _item(item: Item, currency: str) -> dict[str, Any]:
    fields = {
        "description": item.description,
        "unit": item.unit,
        "tax_rates": [str(rate.pk) for rate in item.tax_rates.all() if rate.archived_at is None],
    }
    price = formats.price(item.unit_price, item.currency)
    if not currency or currency == item.currency:
        fields["unit_price"] = price.replace(",", "")
    return {"id": str(item.pk), "label": item.name, "note": f"{item.currency} {price}", "fields": fields}


def _customer(customer: Customer) -> dict[str, Any]:
    return {
        "id": str(customer.pk),
        "label": customer.name,
        "note": customer.number,
        "fields": {"currency": customer.currency, "payment_terms": customer.payment_terms},
    }
