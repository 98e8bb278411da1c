from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.permissions import Permission
from billing import doors
from billing.actions import items
from billing.errors import BillingError, NameTaken
from billing.forms.items import ItemFilterForm, ItemForm
from billing.models import Item
from billing.queries.items import listed, narrowed, rows_of
from billing.queries.keyset import PAGE_SIZE, counted
from billing.views.addresses import changed, stem
from security.guards import require


@require(Permission.ITEM_VIEW)
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    form = ItemFilterForm(request.GET)
    found = doors.items(request.access).none()
    if form.is_valid():
        found = narrowed(doors.items(request.access), form.cleaned_data["q"], form.cleaned_data["show"])
    position = {name: request.GET.get(name, "") for name in ("after", "before")}
    page = listed(found, **position, size=PAGE_SIZE)
    current = request.GET.get("show", "")
    context = {
        "form": form,
        "rows": rows_of(page.rows),
        "row_stem": stem("billing:item_edit"),
        "previous": changed(request.GET, before=page.before) if page.before else None,
        "next": changed(request.GET, after=page.after) if page.after else None,
        "chips": [
            {"label": label, "url": changed(request.GET, show=show or None), "current": show == current}
            for show, label in form.fields["show"].choices
        ],
        "shown": f"{len(page.rows)} of {counted(found)}",
        "is_narrowed": bool(request.GET.get("q") or current),
    }
    return TemplateResponse(request, "billing/items/list.html", context)


@require(Permission.CATALOG_EDIT)
@require_http_methods(["GET", "POST"])
def create(request: HttpRequest) -> HttpResponse:
    access = request.access
    form = _form(request)
    if form.is_valid():
        try:
            item = items.create(
                company=access.company,
                details=form.details(),
                tax_rates=form.chosen_tax_rates(),
                by=access.actor,
                at=timezone.now(),
            )
        except BillingError as refusal:
            form.add_error("code", str(refusal))
        else:
            messages.success(request, f"Item {item} added.")
            return redirect("billing:item_list")
    return TemplateResponse(request, "billing/items/create.html", {"form": form})


@require(Permission.CATALOG_EDIT)
@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, id: UUID) -> HttpResponse:
    item = doors.get_item(request.access, id)
    form = _form(request, item)
    if form.is_valid():
        try:
            item = items.change(
                item=item,
                details=form.details(),
                tax_rates=form.chosen_tax_rates(),
                by=request.access.actor,
                at=timezone.now(),
            )
        except NameTaken as refusal:
            form.add_error("code", str(refusal))
        except BillingError as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, f"Item {item} saved. Invoices written before keep what they say.")
            return redirect("billing:item_list")
    return TemplateResponse(request, "billing/items/edit.html", {"form": form, "item": item})


@require(Permission.CATALOG_EDIT)
@require_POST
def archive(request: HttpRequest, id: UUID) -> HttpResponse:
    item = doors.get_item(request.access, id)
    return _answer(request, item, items.archive, f"Item {item} archived. It can be restored at any time.")


@require(Permission.CATALOG_EDIT)
@require_POST
def restore(request: HttpRequest, id: UUID) -> HttpResponse:
    item = doors.get_item(request.access, id)
    return _answer(request, item, items.restore, f"Item {item} restored.")


def _form(request: HttpRequest, item: Item | None = None) -> ItemForm:
    access = request.access
    return ItemForm(
        request.POST or None, tax_rates=doors.tax_rates(access), seller=doors.get_seller(access), record=item
    )


def _answer(request: HttpRequest, item: Item, action: Any, sentence: str) -> HttpResponse:
    try:
        action(item=item, by=request.access.actor, at=timezone.now())
    except BillingError as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, sentence)
    return redirect("billing:item_edit", id=item.pk)
