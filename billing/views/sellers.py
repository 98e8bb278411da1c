from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.approvals import find, waits
from accounts.errors import AccountsError
from accounts.permissions import Permission
from accounts.queries.approvals import waiting_about
from accounts.step_up import fresh_factor_when
from billing import doors
from billing.actions import sellers
from billing.colours import READABLE, contrast_with_white
from billing.documents.images import LogoRefused, reencode_logo
from billing.forms.sellers import LogoForm, SellerForm
from billing.models import Logo, Seller
from security.guards import require

SAVED = "Company profile saved. Invoices issued from now on show it."
SAVED_BUT = "Company profile saved, apart from payment instructions and footer: they wait until a second person agrees."


def changes_where_money_goes(request: HttpRequest) -> bool:
    """Whether the form would tell customers to pay elsewhere: what a thief in a session would change."""
    if request.method != "POST":
        return False
    seller = doors.get_seller(request.access)
    form = SellerForm(request.POST, record=seller)
    return form.is_valid() and sellers.pays_elsewhere(seller, form.details())


@require(Permission.SETTINGS_EDIT)
@fresh_factor_when(changes_where_money_goes)
@require_http_methods(["GET", "POST"])
def company_settings(request: HttpRequest) -> HttpResponse:
    access, seller = request.access, doors.get_seller(request.access)
    form = SellerForm(request.POST or None, record=seller)
    if form.is_valid():
        given = {"membership": access.membership, "by": access.actor, "at": timezone.now()}
        try:
            waiting = sellers.change_or_ask(seller=seller, details=form.details(), **given)
        except AccountsError as refusal:
            form.add_error("bank_details", str(refusal))
        else:
            messages.success(request, SAVED_BUT if waiting else SAVED)
            return redirect("billing:company_settings")
    return _page(request, seller, form=form, logo_form=LogoForm())


@require(Permission.SETTINGS_EDIT)
@require_http_methods(["GET", "POST"])
def upload_logo(request: HttpRequest) -> HttpResponse:
    seller = doors.get_seller(request.access)
    form = LogoForm(request.POST, request.FILES) if request.method == "POST" else LogoForm()
    if form.is_valid():
        try:
            png = reencode_logo(form.cleaned_data["logo"].read())
        except LogoRefused as refusal:
            form.add_error("logo", str(refusal))
        else:
            sellers.set_logo(seller=seller, png=png, by=request.access.actor, at=timezone.now())
            messages.success(request, "Logo saved. Invoices issued from now on show it.")
            return redirect("billing:company_settings")
    return _page(request, seller, form=SellerForm(record=seller), logo_form=form)


@require(Permission.SETTINGS_EDIT)
@require_POST
def remove_logo(request: HttpRequest) -> HttpResponse:
    sellers.remove_logo(seller=doors.get_seller(request.access), by=request.access.actor, at=timezone.now())
    messages.success(request, "Logo removed.")
    return redirect("billing:company_settings")


@require(Permission.INVOICE_VIEW)
@require_safe
def logo(request: HttpRequest) -> HttpResponse:
    kept = get_object_or_404(request.access.visible(Logo))
    return HttpResponse(bytes(kept.png), content_type="image/png")


def _page(request: HttpRequest, seller: Seller, **forms: Any) -> HttpResponse:
    company, kind = request.access.company, find("bank_details")
    contrast = contrast_with_white(seller.brand_colour)
    context = {
        "seller": seller,
        "logo": request.access.visible(Logo).only("uploaded_at").first(),
        "contrast": contrast,
        "is_readable": contrast >= READABLE,
        "waiting": waiting_about(company, kind, str(seller.pk), timezone.now()),
        "bank_details_wait": waits(company, kind),
        **forms,
    }
    return TemplateResponse(request, "billing/settings/company.html", context)
