"""What waits for a second person, who may see it, and who may decide about it."""

from datetime import datetime
from uuid import UUID

from django.db.models import Q, QuerySet

from accounts.access import Access, customers_in
from accounts.approvals import USED_WITHIN, Amount, Kind, find, holds, kinds, may_decide
from accounts.models import Approval, Company, Membership
from accounts.permissions import Permission

MOST_COUNTED = 99

OVER = "This request was decided, withdrawn or ran out in the meantime."
ONES_OWN = "Nobody agrees to what they asked for themselves. Somebody else has to."
NO_RIGHT = "You may not do this yourself, so you cannot decide whether somebody else does. Ask an administrator."
OUT_OF_SIGHT = "This is not about customers you see alone, so somebody who sees them all has to decide."


def approvals_shown_to(access: Access) -> QuerySet[Approval]:
    """What somebody asked for, and what others did that they could do themselves; never about a hidden customer."""
    held = [kind.code for kind in kinds() if kind.permission in access.permissions]
    own, others = Q(requested_by__user=access.user, kind__in=[kind.code for kind in kinds()]), Q(kind__in=held)
    seen = access.visible_customer_ids()
    if seen is not None:
        own &= Q(customer_id__isnull=True) | Q(customer_id__in=seen)
        others &= Q(customer_id__in=seen)
    return Approval.objects.filter(own | others, company=access.company).select_related(
        "requested_by__user", "requested_by__own_role", "decided_by__user"
    )


def waiting(approvals: QuerySet[Approval], at: datetime) -> QuerySet[Approval]:
    """Those of them nobody has decided."""
    return approvals.filter(outcome=Approval.Outcome.WAITING, expires_at__gt=at)


def over(approvals: QuerySet[Approval], at: datetime) -> QuerySet[Approval]:
    """Those of them that are decided, withdrawn or ran out."""
    return approvals.filter(~Q(outcome=Approval.Outcome.WAITING) | Q(expires_at__lte=at))


def count_to_decide(access: Access, at: datetime) -> int:
    """How many wait for this member, counted to 99: one query, and none where nothing ever waits."""
    if not (access.company.approvals and access.can(Permission.APPROVAL_DECIDE)):
        return 0
    of_others = waiting(approvals_shown_to(access), at).exclude(requested_by__user=access.user)
    rows = of_others.order_by().values_list("kind", "amount")[:MOST_COUNTED]
    return sum(may_decide(find(kind), access.rights, Amount.of(amount)) for kind, amount in rows)


def waiting_about(company: Company, kind: Kind, object_id: str, at: datetime) -> Approval | None:
    """The request of this kind about one record that nobody has decided; the newest."""
    found = waiting(Approval.objects.filter(company=company, kind=kind.code, object_id=object_id), at)
    return found.select_related("requested_by__user").order_by("-requested_at").first()


def usable(membership: Membership, kind: Kind, at: datetime) -> QuerySet[Approval]:
    """What this member asked for and somebody agreed to within a day, that only they can finish; the oldest first."""
    agreed = Approval.objects.filter(company=membership.company_id, kind=kind.code, requested_by=membership)
    agreed = agreed.filter(outcome=Approval.Outcome.APPROVED, used_at__isnull=True, decided_at__gt=at - USED_WITHIN)
    return agreed.select_related("requested_by__user").order_by("decided_at", "pk")


def expired(at: datetime) -> list[Approval]:
    """Those nobody decided in time, of every company."""
    late = Approval.objects.filter(outcome=Approval.Outcome.WAITING, expires_at__lte=at)
    return list(late.order_by("expires_at", "pk"))


def why_not_decide(approval: Approval, judge: Membership) -> str:
    """Why this member cannot decide about a request, as a sentence; nothing for who can."""
    kind, amount = find(approval.kind), Amount.of(approval.amount)
    if judge.user_id == approval.requested_by.user_id:
        return ONES_OWN
    if not sees(judge, approval.customer_id):
        return OUT_OF_SIGHT
    if may_decide(kind, judge.rights, amount):
        return ""
    if may_decide(kind, judge.rights):
        return f"This is {approval.amount}, more than your role may give up at a time. Somebody who may has to decide."
    return NO_RIGHT


def may_still(approval: Approval, requester: Membership) -> bool:
    """Whether whoever asked could do the act themselves today, were there no second person."""
    held = holds(find(approval.kind), requester.rights, Amount.of(approval.amount))
    return is_there(requester) and held and sees(requester, approval.customer_id)


def is_agreed(approval: Approval, approver: Membership) -> bool:
    """Whether whoever agreed could agree today: what somebody said who was shut out since is worth nothing."""
    return is_there(approver) and not why_not_decide(approval, approver)


def is_there(membership: Membership) -> bool:
    """Whether somebody could enter the company now."""
    return membership.is_live and membership.user.is_active and not membership.user.is_locked


def sees(membership: Membership, customer_id: UUID | None) -> bool:
    """Whether a member sees this customer; without one, whether they see them all."""
    if not membership.is_restricted:
        return True
    seen = customers_in(membership.sight_of(membership.user_id), membership.company)
    return customer_id is not None and bool(seen.filter(pk=customer_id).exists())


def deciders(
    company: Company, kind: Kind, *, amount: Amount | None = None, customer_id: UUID | None = None
) -> list[Membership]:
    """The members who could agree to such an act today, by name."""
    live = Membership.objects.live().filter(company=company).select_related("user", "company", "own_role")
    able = [one for one in live.order_by("user__name", "pk") if may_decide(kind, one.rights, amount)]
    return [one for one in able if is_there(one) and sees(one, customer_id)]
