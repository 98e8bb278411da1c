"""What ends with somebody's access to a company. Nothing of their other companies does."""

from datetime import datetime
from uuid import UUID

from django.db.models import F, Q

from accounts.models import Approval, Invitation, Membership, OwnershipTransfer, Session


def end_sessions(member: Membership) -> int:
    """Sign them out of this company at once, wherever they work in it; how many sessions that ended."""
    count, _ = Session.objects.filter(user=member.user_id, company=member.company_id).delete()
    return count


def withdraw_requests(member: Membership, at: datetime) -> int:
    """Withdraw what they asked for and nobody has decided about; how many requests."""
    waiting = Approval.objects.filter(requested_by=member, outcome=Approval.Outcome.WAITING)
    return waiting.update(outcome=Approval.Outcome.WITHDRAWN, decided_at=at)


def withdraw_invitations(member: Membership, at: datetime) -> int:
    """Withdraw the invitations they made that were not accepted; how many. None would let in any more."""
    waiting = Invitation.objects.filter(invited_by=member, accepted_at__isnull=True, withdrawn_at__isnull=True)
    return waiting.update(withdrawn_at=at)


def end_ownership_offers(member: Membership, at: datetime) -> None:
    """End the offer of the company that they made or that was made to them."""
    concerned = OwnershipTransfer.objects.filter(Q(offered_by=member) | Q(offered_to=member), ended_at__isnull=True)
    concerned.update(ended_at=at, outcome=OwnershipTransfer.Outcome.WITHDRAWN)


def end_outdated_ownership_offers(company_id: UUID, at: datetime) -> None:
    """Close the offer that nobody accepted in time, so that another can be made."""
    outdated = OwnershipTransfer.objects.filter(company_id=company_id, ended_at__isnull=True, expires_at__lte=at)
    outdated.update(ended_at=F("expires_at"))
