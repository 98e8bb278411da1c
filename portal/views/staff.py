"""What staff do with the links of an invoice."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from accounts.permissions import Permission
from audit.actors import Actor
from billing import doors as billing_doors
from portal.actions import links
from portal.doors import SHOWN
from portal.models import Link
from security.guards import require

LONGEST_RECIPIENT = Link._meta.get_field("recipient").max_length


@require(Permission.INVOICE_SEND)
@require_http_methods(["GET", "HEAD", "POST"])
def invoice_links(request: HttpRequest, id: UUID) -> HttpResponse:
    """The links that lead to an invoice; a new one is shown once, to be handed over in another way than by mail."""
    invoice = billing_doors.get_invoice(request.access, id)
    if invoice.status not in SHOWN:
        messages.error(request, "A customer sees an invoice only once it is issued. Issue it first.")
        return redirect("billing:invoice_detail", id=invoice.pk)
    address = None
    if request.method == "POST":
        address = links.create(
            invoice=invoice, recipient=_handed_over_by(request.access.actor), by=request.access.actor, at=timezone.now()
        )
    at = timezone.now()
    newest = invoice.links.select_related("contact").order_by("-created_at")[:100]
    rows = [{"link": link, "is_live": link.is_live(at)} for link in newest]
    context = {"invoice": invoice, "address": address, "rows": rows}
    return TemplateResponse(request, "portal/links/list.html", context)


@require(Permission.INVOICE_SEND)
@require_POST
def revoke(request: HttpRequest, id: UUID, link_id: UUID) -> HttpResponse:
    invoice = billing_doors.get_invoice(request.access, id)
    link = get_object_or_404(Link, pk=link_id, invoice=invoice)
    links.revoke(link=link, by=request.access.actor, at=timezone.now())
    messages.success(request, f"The link ({link.recipient}) opens nothing any more.")
    return redirect("portal:invoice_links", id=invoice.pk)


def _handed_over_by(actor: Actor) -> str:
    """Who will use such a link is not known, so its use is not logged as some contact's."""
    return f"handed over by {actor.label}"[:LONGEST_RECIPIENT]
