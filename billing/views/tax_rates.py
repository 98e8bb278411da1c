from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from accounts.permissions import Permission
from billing import doors, formats
from billing.actions import tax_rates
from billing.errors import BillingError, NameTaken
from billing.forms.items import TaxRateForm
from billing.models import TaxRate
from billing.views.addresses import stem
from security.guards import require


@require(Permission.ITEM_VIEW)
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    rates = doors.tax_rates(request.access).order_by("name", "pk")
    context = {
        "active": [_row(rate) for rate in rates if not rate.archived_at],
        "archived": [_row(rate) for rate in rates if rate.archived_at],
        "archive_stem": stem("billing:tax_rate_archive"),
    }
    return TemplateResponse(request, "billing/tax_rates/list.html", context)


@require(Permission.CATALOG_EDIT)
@require_http_methods(["GET", "POST"])
def create(request: HttpRequest) -> HttpResponse:
    access = request.access
    form = TaxRateForm(request.POST or None)
    if form.is_valid():
        try:
            rate = tax_rates.create(company=access.company, **form.cleaned_data, by=access.actor, at=timezone.now())
        except NameTaken as refusal:
            form.add_error("name", str(refusal))
        except BillingError as refusal:
            form.add_error("percent", str(refusal))
        else:
            messages.success(request, f"Tax rate {rate} added.")
            return redirect("billing:tax_rate_list")
    return TemplateResponse(request, "billing/tax_rates/create.html", {"form": form})


@require(Permission.CATALOG_EDIT)
@require_http_methods(["GET", "POST"])
def archive(request: HttpRequest, id: UUID) -> HttpResponse:
    rate = doors.get_tax_rate(request.access, id)
    if request.method == "POST":
        try:
            tax_rates.archive(tax_rate=rate, by=request.access.actor, at=timezone.now())
        except BillingError as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(request, f"Tax rate {rate} archived.")
        return redirect("billing:tax_rate_list")
    return TemplateResponse(request, "billing/tax_rates/archive.html", {"form": forms.Form(), "tax_rate": rate})


def _row(rate: TaxRate) -> dict[str, object]:
    return {
        "id": rate.pk,
        "name": rate.name,
        "percent": formats.percent(rate.percent),
        "kind": rate.get_category_display(),
    }
