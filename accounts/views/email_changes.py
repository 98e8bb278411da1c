"""Changing the address a person signs in with: asked for in the settings, agreed to by mailed links."""

from typing import Any

from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from accounts.actions import email_changes
from accounts.errors import AccountsError, EmailAlreadyUsed, TooManyTries
from accounts.forms.email_changes import EmailChangeForm
from accounts.models import MailedLink
from accounts.queries.email_changes import open_change
from accounts.step_up import fresh_factor
from accounts.views.mailed_links import opened_by
from audit.actors import Actor
from security.guards import signed_in

Purpose = MailedLink.Purpose


@signed_in
@fresh_factor
@require_http_methods(["GET", "POST"])
def change(request: Any) -> HttpResponse:
    at = timezone.now()
    form, status = EmailChangeForm(request.POST or None), 200
    if form.is_valid():
        try:
            email_changes.start(user=request.user, **form.cleaned_data, by=Actor.member(request.user, request), at=at)
        except AccountsError as refusal:
            form.add_error("new_email", str(refusal))
            status = 429 if isinstance(refusal, TooManyTries) else 200
        else:
            messages.success(request, "We sent letters to both addresses. The change counts once both have agreed.")
            return redirect("accounts:email_change")
    context = {"form": form, "under_way": open_change(request.user, at)}
    return TemplateResponse(request, "accounts/email_changes/change.html", context, status=status)


@signed_in
@require_POST
def cancel(request: Any) -> HttpResponse:
    try:
        email_changes.cancel(user=request.user, by=Actor.member(request.user, request), at=timezone.now())
    except AccountsError as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, "Your address stays as it is.")
    return redirect("accounts:email_change")


@opened_by(Purpose.OLD_EMAIL, Purpose.NEW_EMAIL)
def agree(request: HttpRequest, link: MailedLink) -> HttpResponse:
    change, is_old = email_changes.of_link(link), link.purpose == Purpose.OLD_EMAIL
    if request.method != "POST":
        return TemplateResponse(request, "accounts/email_changes/agree.html", {"change": change, "is_old": is_old})
    by, at = Actor.visitor(request), timezone.now()
    if is_old and "stop" in request.POST:
        email_changes.refuse(link=link, by=by, at=at)
        return TemplateResponse(request, "accounts/email_changes/stopped.html", {"change": change})
    try:
        change = email_changes.agree(link=link, by=by, at=at)
    except EmailAlreadyUsed as refusal:
        return TemplateResponse(request, "accounts/email_changes/taken.html", {"refusal": refusal}, status=409)
    if change.ended_at and request.user == link.user:
        logout(request)
    return TemplateResponse(request, "accounts/email_changes/agreed.html", {"change": change, "is_old": is_old})
