from functools import wraps
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.permissions import Permission
from billing import doors
from billing.actions import custom_fields
from billing.errors import BillingError, NameTaken
from billing.forms.custom_fields import CustomFieldForm
from billing.models import CustomField
from billing.queries.custom_fields import with_counts
from billing.views.addresses import stem
from security.guards import View, require


@require(Permission.SETTINGS_EDIT)
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    access = request.access
    fields = list(with_counts(doors.custom_fields(access), doors.customers(access)))
    context = {
        "active": [field for field in fields if not field.archived_at],
        "archived": [field for field in fields if field.archived_at],
        "edit_stem": stem("billing:custom_field_edit"),
        "archive_stem": stem("billing:custom_field_archive"),
        "restore_stem": stem("billing:custom_field_restore"),
        "most": custom_fields.MOST_FIELDS,
    }
    return TemplateResponse(request, "billing/custom_fields/list.html", context)


def for_who_sees_all(view: View) -> View:
    """Let nobody change what concerns every customer who sees only some: what is refused would tell of the others."""

    @wraps(view)
    def seeing(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.access.is_restricted:
            messages.error(request, "You see only some customers, so ask an administrator to change the fields.")
            return redirect("billing:custom_field_list")
        return view(request, *args, **kwargs)

    return seeing


@require(Permission.SETTINGS_EDIT)
@for_who_sees_all
@require_http_methods(["GET", "POST"])
def create(request: HttpRequest) -> HttpResponse:
    access = request.access
    form = CustomFieldForm(request.POST or None, position=doors.custom_fields(access).count() + 1)
    if form.is_valid():
        try:
            field = custom_fields.create(company=access.company, **form.details(), by=access.actor, at=timezone.now())
        except BillingError as refusal:
            form.add_error(_place(refusal), str(refusal))
        else:
            messages.success(request, f"Field {field} added. It stands on the form of every customer.")
            return redirect("billing:custom_field_list")
    return TemplateResponse(request, "billing/custom_fields/create.html", {"form": form})


@require(Permission.SETTINGS_EDIT)
@for_who_sees_all
@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, id: UUID) -> HttpResponse:
    field = doors.get_custom_field(request.access, id)
    form = CustomFieldForm(request.POST or None, record=field)
    if form.is_valid():
        try:
            field = custom_fields.change(field=field, **form.details(), by=request.access.actor, at=timezone.now())
        except BillingError as refusal:
            form.add_error(_place(refusal), str(refusal))
        else:
            messages.success(request, f"Field {field} saved.")
            return redirect("billing:custom_field_list")
    return TemplateResponse(request, "billing/custom_fields/edit.html", {"form": form, "field": field})


@require(Permission.SETTINGS_EDIT)
@for_who_sees_all
@require_http_methods(["GET", "POST"])
def archive(request: HttpRequest, id: UUID) -> HttpResponse:
    field = doors.get_custom_field(request.access, id)
    if request.method == "POST":
        return _answer(
            request, field, custom_fields.archive, f"Field {field} archived. It can be restored at any time."
        )
    context = {"form": forms.Form(), "field": field}
    return TemplateResponse(request, "billing/custom_fields/archive.html", context)


@require(Permission.SETTINGS_EDIT)
@for_who_sees_all
@require_POST
def restore(request: HttpRequest, id: UUID) -> HttpResponse:
    field = doors.get_custom_field(request.access, id)
    return _answer(request, field, custom_fields.restore, f"Field {field} restored.")


def _answer(request: HttpRequest, field: CustomField, action: Any, sentence: str) -> HttpResponse:
    try:
        action(field=field, by=request.access.actor, at=timezone.now())
    except BillingError as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, sentence)
    return redirect("billing:custom_field_list")


def _place(refusal: BillingError) -> str | None:
    return "name" if isinstance(refusal, NameTaken) else None
