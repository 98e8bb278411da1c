from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts.permissions import Permission
from billing import doors
from billing.actions import notes
from billing.forms.customers import NoteForm
from security.guards import require


@require(Permission.NOTE_CREATE)
@require_http_methods(["GET", "POST"])
def create_on_customer(request: HttpRequest, id: UUID) -> HttpResponse:
    customer = doors.get_customer(request.access, id)
    form = NoteForm(request.POST or None)
    if form.is_valid():
        notes.create(customer=customer, text=form.cleaned_data["text"], by=request.access.actor, at=timezone.now())
        messages.success(request, "Note added.")
        return redirect("billing:customer_detail", id=customer.pk)
    return TemplateResponse(request, "billing/notes/create.html", {"form": form, "customer": customer})
