from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts.scoping import in_company
from billing.actions import invoices
from portal import doors
from portal.actions import sessions
from portal.guards import COOKIE, visit_of, visitor
from portal.models import LONGEST
from security import ratelimit
from security.address import client_ip, source
from security.cookies import set_cookie
from security.guards import public
from security.headers import keeping_its_address


@public
@keeping_its_address
@require_http_methods(["GET", "HEAD", "POST"])
def link(request: HttpRequest, token: str) -> HttpResponse:
    """A page that tells nothing to whoever fetches it; the press of its button trades the link for a visit."""
    if request.method != "POST":
        return render(request, "portal/links/open.html")
    at = timezone.now()
    if not ratelimit.take(ratelimit.PORTAL_LINK, source(client_ip(request)), at=at):
        return render(request, "portal/links/refused.html", {"is_too_often": True}, status=429)
    try:
        link = doors.live_link(token)
    except Http404:
        return render(request, "portal/links/refused.html", status=404)
    with in_company(link.company):
        invoice = doors.shown_invoice(link)
        if invoice is None:
            return render(request, "portal/links/refused.html", status=404)
        by = visitor(link, request)
        _, key = sessions.open_link(link=link, session=visit_of(request), by=by, at=at)
        invoices.record_view(invoice=invoice, by=by, at=at)
    response = redirect("portal:invoice", id=invoice.pk)
    set_cookie(response, COOKIE, key, age=LONGEST)
    return response
