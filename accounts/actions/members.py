"""Everything that changes who belongs to a company."""

from datetime import datetime

from django.db import transaction

from accounts import events, locks, roles
from accounts.errors import AlreadyMember, LastAdministrator, MembershipAlreadyRevoked
from accounts.models import Company, Membership, User
from accounts.queries.memberships import administrators
from audit import log
from audit.actors import Actor


@transaction.atomic
def add(*, company: Company, user: User, role: str, by: Actor, at: datetime) -> Membership:
    """Let a person into a company. Account managers see their own customers only."""
    company = locks.company(company.pk)
    if Membership.objects.filter(company=company, user=user, revoked_at__isnull=True).exists():
        raise AlreadyMember(f"{user} is already a member of {company}.")
    own_only = role in roles.SEES_OWN_CUSTOMERS_ONLY
    membership = Membership.objects.create(
        company=company,
        user=user,
        role=role,
        restriction=Membership.Restriction.OWNER if own_only else Membership.Restriction.NONE,
        created_at=at,
    )
    log.record(events.MEMBER_ADDED, target=membership, by=by, at=at, role=membership.get_role_display())
    return membership


@transaction.atomic
def revoke(*, membership: Membership, by: Actor, at: datetime) -> Membership:
    """Shut a person out of a company from their next request on. One administrator always stays."""
    company = locks.company(membership.company_id)
    membership = locks.membership(membership.pk)
    if membership.revoked_at is not None:
        raise MembershipAlreadyRevoked(f"The membership of {membership} has already ended.")
    if list(administrators(company)) == [membership]:
        raise LastAdministrator(
            f"{membership} is the last administrator of {company}. Make somebody else administrator first."
        )
    membership.revoked_at = at
    membership.save(update_fields=["revoked_at"])
    log.record(events.MEMBER_REVOKED, target=membership, by=by, at=at)
    return membership
