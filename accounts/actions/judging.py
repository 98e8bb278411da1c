"""Whether somebody may decide about a member, and whether that member may lose anything."""

from accounts import locks
from accounts.actions import granting
from accounts.errors import LastAdministrator, MemberRefused, MembershipAlreadyRevoked
from accounts.models import Membership
from accounts.permissions import Permission
from accounts.queries.memberships import acting_administrators
from accounts.roles import Rights

OWNER = "{member} owns {company}. Let the ownership pass to another administrator first."


def judged(membership: Membership, granter: Membership | None) -> tuple[Membership, Rights | None]:
    """The member as they are now, held, and what whoever decides may give. Holds the company first.

    Refused where the member has gone, is the one who decides, or may do more than that one.
    """
    locks.company(membership.company_id)
    own = granting.granter(granter, Permission.TEAM_EDIT)
    member = locks.membership(membership.pk)
    if member.revoked_at is not None:
        raise MembershipAlreadyRevoked(f"The membership of {member} has already ended.")
    granting.refuse_to_judge(own, granter, member)
    return member, own


def refuse_to_lose(member: Membership) -> None:
    """The owner and the last administrator keep what they have. Called with the company held."""
    if member.is_owner:
        raise MemberRefused(OWNER.format(member=member, company=member.company))
    if is_last_administrator(member):
        raise LastAdministrator(
            f"{member} is the last administrator of {member.company}. Make somebody else administrator first."
        )


def is_last_administrator(member: Membership) -> bool:
    """Whether nobody else could change everything in the company. Whose account is locked could not."""
    others = acting_administrators(member.company).exclude(pk=member.pk)
    return member.is_administrator and member.is_live and not others.exists()
