"""The stream of both logs to an endpoint of the company's own."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.actions import log_stream
from accounts.errors import AccountsError
from accounts.forms.log_stream import FROM_NOW, AddressForm, ResumeForm, SetUpForm
from accounts.permissions import Permission
from accounts.step_up import fresh_factor
from audit.actions import streams
from audit.queries.streams import Progress, progress
from security.guards import require


@require(Permission.SECURITY_EDIT)
@require_safe
def index(request: Any) -> HttpResponse:
    """How far the stream has come, and what is wrong with it."""
    known = progress(request.access.company.pk)
    context = {
        "progress": known,
        "delivered": f"{known.delivered:,}" if known and known.delivered else "",
        "behind": f"{known.behind:,}" if known and known.behind else "",
    }
    return TemplateResponse(request, "accounts/log_stream/index.html", context)


@require(Permission.SECURITY_EDIT)
@fresh_factor
@sensitive_variables("made")
@require_http_methods(["GET", "POST"])
def set_up(request: Any) -> HttpResponse:
    """The answer to the form is the one page that shows the secret."""
    form = SetUpForm(_sent(request))
    if form.is_valid():
        is_from_now = form.cleaned_data["start"] == FROM_NOW
        made = _done(request, form, streams.set_up, url=form.cleaned_data["url"], is_from_now=is_from_now)
        if made:
            return _show_secret(request, *made)
    return TemplateResponse(request, "accounts/log_stream/set_up.html", {"form": form})


@require(Permission.SECURITY_EDIT)
@fresh_factor
@require_http_methods(["GET", "POST"])
def address(request: Any) -> HttpResponse:
    stream = _progress(request).stream
    form = AddressForm(_sent(request), initial={"url": stream.url})
    if form.is_valid() and _done(request, form, streams.change_address, url=form.cleaned_data["url"]):
        messages.success(request, "What follows goes to this address.")
        return redirect("accounts:log_stream")
    return TemplateResponse(request, "accounts/log_stream/address.html", {"form": form})


@require(Permission.SECURITY_EDIT)
@fresh_factor
@sensitive_variables("made")
@require_http_methods(["GET", "POST"])
def renew_secret(request: Any) -> HttpResponse:
    """The answer to the confirmation is the one page that shows the new secret."""
    form, stream = forms.Form(_sent(request)), _progress(request).stream
    if form.is_valid() and (made := _done(request, form, streams.renew_secret)):
        return _show_secret(request, *made)
    return TemplateResponse(request, "accounts/log_stream/renew_secret.html", {"form": form, "stream": stream})


@require(Permission.SECURITY_EDIT)
@fresh_factor
@require_http_methods(["GET", "POST"])
def pause(request: Any) -> HttpResponse:
    form, stream = forms.Form(_sent(request)), _progress(request).stream
    if form.is_valid() and _done(request, form, streams.pause):
        messages.success(request, "The log stream is paused. Nothing is lost meanwhile.")
        return redirect("accounts:log_stream")
    return TemplateResponse(request, "accounts/log_stream/pause.html", {"form": form, "stream": stream})


@require(Permission.SECURITY_EDIT)
@fresh_factor
@require_http_methods(["GET", "POST"])
def resume(request: Any) -> HttpResponse:
    known = _progress(request)
    form = ResumeForm(_sent(request), next_number=known.stream.next_number, last=known.last)
    if form.is_valid() and _done(request, form, streams.resume, number=form.cleaned_data["number"]):
        messages.success(request, f"The log stream goes on with entry {form.cleaned_data['number']:,}.")
        return redirect("accounts:log_stream")
    return TemplateResponse(request, "accounts/log_stream/resume.html", {"form": form, "progress": known})


@require(Permission.SECURITY_EDIT)
@fresh_factor
@require_http_methods(["GET", "POST"])
def remove(request: Any) -> HttpResponse:
    form, stream = forms.Form(_sent(request)), _progress(request).stream
    if form.is_valid() and _done(request, form, streams.remove):
        messages.success(request, "The log stream is removed. Nothing more is sent.")
        return redirect("accounts:log_stream")
    return TemplateResponse(request, "accounts/log_stream/remove.html", {"form": form, "stream": stream})


@require(Permission.SECURITY_EDIT)
@fresh_factor
@require_POST
def test(request: Any) -> HttpResponse:
    access = request.access
    try:
        failure = log_stream.send_test(membership=access.membership, by=access.actor, at=timezone.now())
    except AccountsError as refusal:
        messages.error(request, str(refusal))
    else:
        if failure:
            messages.error(request, f"The test did not arrive. {failure}")
        else:
            messages.success(request, "The test arrived and was acknowledged.")
    return redirect("accounts:log_stream")


def _progress(request: Any) -> Progress:
    """Of the stream, for somebody who may read what goes through it."""
    if request.access.is_restricted:
        raise PermissionDenied
    if known := progress(request.access.company.pk):
        return known
    raise Http404


def _sent(request: Any) -> Any:
    return request.POST if request.method == "POST" else None


def _done(request: Any, form: forms.Form, verb: Callable[..., Any], **details: Any) -> Any:
    """What the act gave; a refusal goes on the form."""
    access = request.access
    try:
        done = log_stream.act(verb, membership=access.membership, by=access.actor, at=timezone.now(), **details)
    except AccountsError as refusal:
        form.add_error(None, str(refusal))
        return None
    return done or True


@sensitive_variables("secret")
def _show_secret(request: Any, stream: Any, secret: str) -> HttpResponse:
    context = {"stream": stream, "secret": secret}
    return TemplateResponse(request, "accounts/log_stream/secret.html", context)
