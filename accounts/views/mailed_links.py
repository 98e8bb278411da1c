"""Pages that a mailed link opens. Looking at one changes nothing; the press of its button does."""

from collections.abc import Callable
from functools import wraps

from django.http import HttpRequest, HttpResponseBase
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts.actions import mailed_links
from accounts.errors import LinkNotLive
from accounts.models import MailedLink
from security.guards import View, public
from security.headers import keeping_its_address


def opened_by(*purposes: MailedLink.Purpose) -> Callable[[View], View]:
    """Show the page, `view(request, link)`, to whoever holds a live link of one of these purposes; else one 404."""

    def decorate(view: View) -> View:
        @public
        @keeping_its_address
        @require_http_methods(["GET", "HEAD", "POST"])
        @wraps(view)
        def opened(request: HttpRequest, token: str) -> HttpResponseBase:
            try:
                return view(request, mailed_links.live_among(token, purposes, timezone.now()))
            except LinkNotLive:
                return TemplateResponse(request, "accounts/mailed_links/not_live.html", status=404)

        return opened

    return decorate
