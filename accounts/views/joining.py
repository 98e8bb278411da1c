"""How somebody comes into a company: the page of an invitation's link."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, resolve_url
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters

from accounts import sessions
from accounts.actions import joining
from accounts.actions.sign_ins import SignedIn
from accounts.errors import (
    AccountsError,
    EmailAlreadyUsed,
    InvitationRefused,
    LinkNotLive,
    PasswordNotAllowed,
    TooManyTries,
)
from accounts.forms.invitations import JoinForm
from accounts.models import Invitation, MailedLink
from accounts.models.session import Proof
from accounts.models.user import normalise_email
from accounts.queries.invitations import has_account
from accounts.queries.sign_in import account_of
from accounts.views.mailed_links import opened_by
from accounts.views.sign_in import DEVICE, begin
from audit.actors import Actor
from security.cookies import read_cookie


@opened_by(MailedLink.Purpose.ACCEPT_INVITATION)
@sensitive_post_parameters("password")
def accept(request: Any, link: MailedLink) -> HttpResponse:
    """Who comes decides what the page asks: a press by its addressee, a sign-in, or a new account."""
    invitation = joining.get_open(link, timezone.now())
    if request.user.is_authenticated:
        return _accept_signed_in(request, link, invitation)
    if has_account(invitation.email):
        return _page(request, invitation, "sign_in")
    return _accept_as_new(request, link, invitation)


def _accept_signed_in(request: Any, link: MailedLink, invitation: Invitation) -> HttpResponse:
    if normalise_email(request.user.email) != invitation.email:
        return _page(request, invitation, "not_yours")
    if request.method != "POST":
        return _page(request, invitation, "join")
    by = Actor.member(request.user, request)
    try:
        membership = joining.accept(link=link, user=request.user, by=by, at=timezone.now())
    except LinkNotLive:
        raise
    except AccountsError as refusal:
        return _page(request, invitation, "refused", refusal=str(refusal))
    sessions.enter(request, membership)
    messages.success(request, f"You have joined {membership.company} as {membership.role_name}.")
    return redirect(settings.LOGIN_REDIRECT_URL)


def _accept_as_new(request: Any, link: MailedLink, invitation: Invitation) -> HttpResponse:
    form, status, at = JoinForm(request.POST or None), 200, timezone.now()
    if form.is_valid():
        try:
            joined = joining.accept_as_new(link=link, **form.cleaned_data, by=Actor.visitor(request), at=at)
        except PasswordNotAllowed as refusal:
            form.add_error("password", refusal.reasons)
        except TooManyTries as refusal:
            form.add_error(None, str(refusal))
            status = 429
        except EmailAlreadyUsed:
            return _page(request, invitation, "sign_in")
        except InvitationRefused as refusal:
            return _page(request, invitation, "refused", refusal=str(refusal))
        else:
            account = account_of(joined.user.pk, read_cookie(request, DEVICE))
            return begin(request, SignedIn(account, (Proof.PASSWORD,)), resolve_url(settings.LOGIN_REDIRECT_URL), at)
    return _page(request, invitation, "create_account", status=status, form=form)


def _page(request: Any, invitation: Invitation, page: str, *, status: int = 200, **context: Any) -> HttpResponse:
    return TemplateResponse(
        request, f"accounts/invitations/{page}.html", {"invitation": invitation} | context, status=status
    )
