"""Giving roles that decide about others, or agree to what they ask, once a second person agreed."""

from datetime import datetime
from typing import Any

from accounts.actions import invitations, members
from accounts.approvals import Kind
from accounts.errors import ApprovalOutdated, ApprovalRefused
from accounts.models import Approval, Membership, Role
from accounts.permissions import Permission
from accounts.queries.roles import role_of
from accounts.roles import Rights
from audit.actors import Actor

ONES_OWN = "Nobody agrees to their own rights. Another administrator has to."
CHANGED = "{} has another role by now than when this was asked for."
GONE = "This person is no longer a member."
ANOTHER_ROLE = "The role was changed or deleted since this was asked for."


def _make(*, approval: Approval, requester: Membership, approver: Membership, by: Actor, at: datetime) -> None:
    role = _asked(approval)
    if approval.object_type == "invitation":
        invitations.invite_many(
            company=approval.company,
            emails=approval.payload["emails"],
            role=role,
            restriction=approval.payload["restriction"],
            granter=requester,
            by=by,
            at=at,
            is_agreed=True,
        )
        return
    member = Membership.objects.present().filter(company=approval.company, pk=approval.object_id).first()
    if member is None:
        raise ApprovalOutdated(GONE)
    if member.user_id == approver.user_id:
        raise ApprovalRefused(ONES_OWN)
    if member.role_key != approval.payload["former"]:
        raise ApprovalOutdated(CHANGED.format(member))
    given: dict[str, Any] = {"membership": member, "granter": requester, "by": by, "at": at, "is_agreed": True}
    if approval.payload.get("act") == members.REACTIVATE:
        members.reactivate(**given)
    else:
        members.change_role(role=role, **given)


def _asked(approval: Approval) -> str | Role:
    """The role as it was when somebody asked: a second person agrees to nothing else."""
    asked = approval.payload
    role = role_of(approval.company, asked["role"])
    if role is None or members.asked_role(Membership(**members.role_fields(role)))["gives"] != asked["gives"]:
        raise ApprovalOutdated(ANOTHER_ROLE)
    return role


MAKING = Kind(
    "administrator",
    "give a role that decides about others or agrees to what they ask",
    Permission.TEAM_EDIT,
    perform=_make,
    gives=Rights(frozenset(Permission)),
)
