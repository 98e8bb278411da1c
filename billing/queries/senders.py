"""Which member a letter to a customer is sent by, and whether they still may."""

from uuid import UUID

from accounts.access import Access
from accounts.models import Membership
from accounts.permissions import Permission
from audit.actors import Actor
from billing.models import Customer, EmailMessage

SENDERS = {
    EmailMessage.Kind.INVOICE: frozenset({Permission.INVOICE_SEND}),
    EmailMessage.Kind.REMINDER: frozenset({Permission.INVOICE_SEND}),
    EmailMessage.Kind.RECEIPT: frozenset({Permission.PAYMENT_RECORD, Permission.INVOICE_SEND}),
}
"""One of these lets a member send a letter of that kind: whoever records a payment sends its receipt."""

SEND_AGAIN = "Try it again yourself if it is still wanted."


def sender_of(by: Actor, company_id: UUID) -> Membership | None:
    """The member who acts; None for what runs by itself, or a customer does."""
    if by.type != "member":
        return None
    return Membership.objects.present().filter(company=company_id, user=UUID(by.id)).first()


def why_not_sent(email: EmailMessage) -> str:
    """Why the member who sent a letter may not do so any more; empty if they may, or nobody sent it."""
    if email.queued_by_id is None:
        return ""
    live = Membership.objects.live().select_related("user", "company", "own_role")
    member = live.filter(pk=email.queued_by_id).first()
    if member is None:
        return f"Whoever sent this was suspended or left before it went out. {SEND_AGAIN}"
    access = Access.of(member, Actor.member(member.user))
    if SENDERS[EmailMessage.Kind(email.kind)].isdisjoint(access.permissions):
        return f"{member} was not allowed to send this any more when it was to go out. {SEND_AGAIN}"
    if access.is_restricted and not access.visible(Customer).filter(pk=email.customer_id).exists():
        return f"{member} did not see this customer any more when it was to go out. {SEND_AGAIN}"
    return ""
