"""What ends with somebody's access to a company. Nothing of their other companies does."""

from datetime import datetime
from uuid import UUID

from django.db.models import F, Q

from accounts import events
from accounts.actions import mailed_links, notices
from accounts.models import Invitation, MailedLink, Membership, OwnershipTransfer, Session
from audit import log
from audit.actors import Actor


def end_sessions(member: Membership) -> int:
    """Sign them out of this company at once, wherever they work in it; how many sessions that ended."""
    count, _ = Session.objects.filter(user=member.user_id, company=member.company_id).delete()
    return count


def withdraw_invitations(member: Membership, by: Actor, at: datetime) -> int:
    """Withdraw the invitations they made that were not accepted, each with its entry; how many."""
    theirs = Invitation.objects.filter(invited_by=member, accepted_at__isnull=True, withdrawn_at__isnull=True)
    waiting = list(theirs.select_for_update().order_by("pk"))
    for invitation in waiting:
        end_invitation(invitation, at)
    log.record_many(log.entry(events.INVITATION_WITHDRAWN, target=one, by=by, at=at) for one in waiting)
    return len(waiting)


def end_invitation(invitation: Invitation, at: datetime) -> None:
    """Nobody can accept it any more, in the caller's transaction."""
    invitation.withdrawn_at = at
    invitation.save(update_fields=["withdrawn_at"])
    mailed_links.withdraw_of(invitation.pk, MailedLink.Purpose.ACCEPT_INVITATION, at=at)


def end_ownership_offers(member: Membership, at: datetime) -> list[OwnershipTransfer]:
    """End the offer of the company that they made or that was made to them; what that ended."""
    end_outdated_ownership_offers(member.company_id, at)
    concerned = OwnershipTransfer.objects.filter(Q(offered_by=member) | Q(offered_to=member), ended_at__isnull=True)
    ended = list(concerned.select_related("company", "offered_by__user", "offered_to__user"))
    concerned.update(ended_at=at, outcome=OwnershipTransfer.Outcome.WITHDRAWN)
    return ended


def take_ownership_offers_back(member: Membership, reason: str, by: Actor, at: datetime) -> None:
    """End them because of what became of the member. It is in the log, and both sides are told."""
    for offer in end_ownership_offers(member, at):
        person = str(offer.offered_to)
        log.record(events.OWNERSHIP_WITHDRAWN, target=offer.company, by=by, at=at, person=person, reason=reason)
        for told in (offer.offered_by, offer.offered_to):
            told.company = offer.company
            notices.tell_member("ownership_withdrawn", membership=told, by=by, at=at)


def end_outdated_ownership_offers(company_id: UUID, at: datetime) -> None:
    """Close the offer that nobody accepted in time, so that another can be made."""
    outdated = OwnershipTransfer.objects.filter(company_id=company_id, ended_at__isnull=True, expires_at__lte=at)
    outdated.update(ended_at=F("expires_at"))
