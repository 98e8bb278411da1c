from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts.permissions import Permission
from billing import doors
from billing.actions import contacts
from billing.errors import BillingError
from billing.forms.customers import ContactForm
from security.guards import require


@require(Permission.CUSTOMER_EDIT)
@require_http_methods(["GET", "POST"])
def create(request: HttpRequest, id: UUID) -> HttpResponse:
    customer = doors.get_customer(request.access, id)
    form = ContactForm(request.POST or None)
    if form.is_valid():
        try:
            contact = contacts.create(
                customer=customer, details=form.details(), by=request.access.actor, at=timezone.now()
            )
        except BillingError as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, f"Contact {contact} added.")
            return redirect("billing:customer_detail", id=customer.pk)
    return TemplateResponse(request, "billing/contacts/create.html", {"form": form, "customer": customer})


@require(Permission.CUSTOMER_EDIT)
@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, id: UUID) -> HttpResponse:
    contact = doors.get_contact(request.access, id)
    form = ContactForm(request.POST or None, record=contact)
    if form.is_valid():
        try:
            contact = contacts.change(
                contact=contact, details=form.details(), by=request.access.actor, at=timezone.now()
            )
        except BillingError as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, f"Contact {contact} saved.")
            return redirect("billing:customer_detail", id=contact.customer_id)
    return TemplateResponse(request, "billing/contacts/edit.html", {"form": form, "contact": contact})


@require(Permission.CUSTOMER_EDIT)
@require_http_methods(["GET", "POST"])
def archive(request: HttpRequest, id: UUID) -> HttpResponse:
    contact = doors.get_contact(request.access, id)
    form = forms.Form(request.POST or None)
    if request.method == "POST":
        try:
            contacts.archive(contact=contact, by=request.access.actor, at=timezone.now())
        except BillingError as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(request, f"Contact {contact} archived.")
        return redirect("billing:customer_detail", id=contact.customer_id)
    return TemplateResponse(request, "billing/contacts/archive.html", {"form": form, "contact": contact})
