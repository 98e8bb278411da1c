"""Everything that changes who belongs to a company."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from accounts import events, locks, roles
from accounts.errors import AlreadyMember, LastAdministrator, MembershipAlreadyRevoked
from accounts.models import Company, Membership, Role, User
from accounts.queries.memberships import administrators
from audit import log
from audit.actors import Actor

USE_IS_NOTED_EVERY = timedelta(hours=1)


@transaction.atomic
def add(
    *,
    company: Company,
    user: User,
    role: str | Role,
    by: Actor,
    at: datetime,
    restriction: str = Membership.Restriction.NONE,
    field_values: dict[str, list[str]] | None = None,
    customer_ids: list[str] | None = None,
) -> Membership:
    """Let a person into a company, as a built-in role or one of its own. Its first administrator owns it.

    Account managers see their own customers only, unless they are restricted in another way.
    """
    company = locks.company(company.pk)
    if Membership.objects.present().filter(company=company, user=user).exists():
        raise AlreadyMember(f"{user} is already a member of {company}.")
    if role in roles.SEES_OWN_CUSTOMERS_ONLY and restriction == Membership.Restriction.NONE:
        restriction = Membership.Restriction.OWNER
    membership = Membership.objects.create(
        company=company,
        user=user,
        **role_fields(role),
        restriction=restriction,
        field_values=field_values or {},
        customer_ids=customer_ids or [],
        is_owner=role == roles.ADMINISTRATOR and not Membership.objects.filter(company=company, is_owner=True).exists(),
        created_at=at,
    )
    log.record(events.MEMBER_ADDED, target=membership, by=by, at=at, role=membership.role_name)
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


def note_use(*, membership: Membership, at: datetime) -> None:
    """Keep when a member last did something, to the hour."""
    before = at - USE_IS_NOTED_EVERY
    stale = Membership.objects.filter(pk=membership.pk).filter(
        Q(last_seen_at__isnull=True) | Q(last_seen_at__lt=before)
    )
    if membership.last_seen_at is None or membership.last_seen_at < before:
        stale.update(last_seen_at=at, unused_warned_at=None)


def role_fields(role: str | Role) -> dict[str, object]:
    """The two columns in which a role is kept."""
    return {"role": "", "own_role": role} if isinstance(role, Role) else {"role": role, "own_role": None}
