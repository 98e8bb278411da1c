"""Making administrators once a second person agreed: members by another role, others by an invitation."""

from datetime import datetime

from accounts.actions import invitations, members
from accounts.approvals import Kind
from accounts.errors import ApprovalOutdated, ApprovalRefused
from accounts.models import Approval, Membership
from accounts.permissions import Permission
from accounts.roles import ADMINISTRATOR, Rights
from audit.actors import Actor

ONES_OWN = "Nobody agrees to their own rights. Another administrator has to."
CHANGED = "{} has another role by now than when this was asked for."
GONE = "This person is no longer a member."


def _make(*, approval: Approval, requester: Membership, approver: Membership, by: Actor, at: datetime) -> None:
    if approval.object_type == "invitation":
        emails = approval.payload["emails"]
        invitations.invite_many(
            company=approval.company, emails=emails, role=ADMINISTRATOR, granter=requester, by=by, at=at, is_agreed=True
        )
        return
    member = Membership.objects.present().filter(company=approval.company, pk=approval.object_id).first()
    if member is None:
        raise ApprovalOutdated(GONE)
    if member.user_id == approver.user_id:
        raise ApprovalRefused(ONES_OWN)
    if member.role_key != approval.payload["former"]:
        raise ApprovalOutdated(CHANGED.format(member))
    members.change_role(membership=member, role=ADMINISTRATOR, granter=requester, by=by, at=at, is_agreed=True)


MAKING = Kind(
    "administrator",
    "make somebody an administrator",
    Permission.TEAM_EDIT,
    perform=_make,
    gives=Rights(frozenset(Permission)),
)
