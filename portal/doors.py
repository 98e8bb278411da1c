"""What a customer's visit may reach: the invoices its live links lead to, once issued and unless void."""

from uuid import UUID

from django.db.models import QuerySet
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.utils import timezone

from billing.models import Invoice, PaymentAttempt
from portal.models import Link, PortalSession
from security.tokens import token_hash

SHOWN = (Invoice.Status.ISSUED, Invoice.Status.WRITTEN_OFF)


def live_link(token: str) -> Link:
    """The link of this token; 404 alike for one that never was, expired, was revoked, or leads to what is not shown."""
    found = Link.objects.select_related("company", "customer", "contact")
    link = found.filter(token_hash=token_hash(token)).first()
    if link is None or not link.is_live(timezone.now()):
        raise Http404
    return link


def shown_invoice(link: Link) -> Invoice | None:
    """The invoice a link leads to, if a customer may see it."""
    return Invoice.objects.filter(pk=link.invoice_id, status__in=SHOWN).first()


def invoices(session: PortalSession) -> QuerySet[Invoice]:
    return _linked(session).filter(status__in=SHOWN)


def get_invoice(session: PortalSession, id: UUID) -> Invoice:
    return get_object_or_404(invoices(session).select_related("customer"), pk=id)


def get_document(session: PortalSession, id: UUID) -> Invoice:
    """As `get_invoice`, with all that is printed on it."""
    printed = invoices(session).prefetch_related("lines", "adjustments", "taxes", "allocations__payment")
    return get_object_or_404(printed.select_related("customer"), pk=id)


def get_attempt(session: PortalSession, id: UUID) -> PaymentAttempt:
    """A payment that began stays visible if its invoice is voided meanwhile: money may be on its way."""
    attempts = PaymentAttempt.objects.filter(customer_id=session.customer_id, invoice__in=_linked(session))
    return get_object_or_404(attempts.select_related("invoice", "payment"), pk=id)


def _linked(session: PortalSession) -> QuerySet[Invoice]:
    live = session.links.filter(
        revoked_at__isnull=True, expires_at__gt=timezone.now(), contact__archived_at__isnull=True
    )
    return Invoice.objects.filter(customer_id=session.customer_id, pk__in=live.values("invoice_id"))


def newest_attempt(invoice: Invoice) -> PaymentAttempt | None:
    """The last try to pay an invoice."""
    return invoice.attempts.order_by("-started_at").first()


def attempt_of_form(invoice: Invoice, request_key: UUID | None) -> PaymentAttempt | None:
    """The try that a form began when its button was pressed before."""
    return invoice.attempts.filter(request_key=request_key).first() if request_key else None
