"""A person's passkeys."""

from itertools import count
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods

from accounts import doors
from accounts.actions import passkeys
from accounts.errors import AccountsError, NameTaken
from accounts.forms.passkeys import PasskeyNameForm, sent_passkey
from accounts.models.session import Proof
from accounts.passkeys import creation_options
from accounts.queries.factors import factors_of, passkeys_of
from accounts.step_up import fresh_factor
from accounts.views.factor_changes import after_gaining, after_losing
from audit.actors import Actor
from security.guards import factor_set_up, signed_in


@factor_set_up
@fresh_factor
@sensitive_variables("gained")
@require_http_methods(["GET", "POST"])
def add(request: Any) -> HttpResponse:
    form = PasskeyNameForm(request.POST or None, initial={"name": _free_name(request)})
    answer, state = sent_passkey(request)
    if form.is_valid():
        name = form.cleaned_data["name"]
        try:
            gained = passkeys.add(
                user=request.user,
                name=name,
                state=state,
                answer=answer,
                keep=request.session.row,
                **_who_and_when(request),
            )
        except NameTaken as refusal:
            form.add_error("name", str(refusal))
        except AccountsError as refusal:
            form.add_error(None, str(refusal))
        else:
            return after_gaining(request, gained, Proof.PASSKEY, f"The passkey “{name}” is added.")
    offer = creation_options(request.user)
    context = {"form": form, "layout": "base.html" if request.access else "auth_base.html", "passkey": offer}
    if "name" in form.errors:
        # The passkey is made and waits for a better name.
        context |= {"passkey": offer._replace(state=state), "answer": answer}
    return TemplateResponse(request, "accounts/passkeys/add.html", context)


@signed_in
@fresh_factor
@require_http_methods(["GET", "POST"])
def rename(request: Any, id: int) -> HttpResponse:
    passkey = doors.get_passkey(request.user, id)
    form = PasskeyNameForm(request.POST or None, initial={"name": passkey.name})
    if form.is_valid():
        name = form.cleaned_data["name"]
        try:
            passkeys.rename(user=request.user, passkey=passkey, name=name, **_who_and_when(request))
        except AccountsError as refusal:
            form.add_error("name", str(refusal))
        else:
            messages.success(request, f"The passkey is now called “{name}”.")
            return redirect("accounts:security")
    return TemplateResponse(request, "accounts/passkeys/rename.html", {"form": form, "passkey": passkey})


@signed_in
@fresh_factor
@require_http_methods(["GET", "POST"])
def remove(request: Any, id: int) -> HttpResponse:
    passkey, refused = doors.get_passkey(request.user, id), None
    if request.method == "POST":
        try:
            user = passkeys.remove(
                user=request.user, passkey=passkey, keep=request.session.row, **_who_and_when(request)
            )
        except AccountsError as refusal:
            refused = str(refusal)
        else:
            said = f"The passkey “{passkey.name}” is removed. Your other sessions have ended."
            return after_losing(request, user, said)
    context = {"passkey": passkey, "is_last": factors_of(request.user) == [passkey], "refused": refused}
    return TemplateResponse(request, "accounts/passkeys/remove.html", context)


def _free_name(request: Any) -> str:
    """Where the person sits, as far as their browser tells, with a number if that is a passkey's name already."""
    row, taken = request.session.row, {passkey.name.casefold() for passkey in passkeys_of(request.user)}
    usual = row.device if row.browser or row.system else "Passkey"
    numbered = (f"{usual} {number}" for number in count(2))
    return usual if usual.casefold() not in taken else next(name for name in numbered if name.casefold() not in taken)


def _who_and_when(request: Any) -> dict[str, Any]:
    return {"by": Actor.member(request.user, request), "at": timezone.now()}
