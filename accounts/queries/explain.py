"""What an explanation rests on."""

from datetime import datetime

from accounts.access import customers_in
from accounts.approvals import kinds
from accounts.explanations import Facts
from accounts.models import ApiKey, Membership
from accounts.models.grant import Sight
from accounts.permissions import Permission
from accounts.policy import demand
from accounts.queries.factors import kinds_of
from accounts.queries.memberships import live_memberships
from accounts.queries.roles import roles_of


def facts_about(
    membership: Membership, permission: Permission, at: datetime, *, with_counts: bool, with_keys: bool
) -> Facts:
    """What decides whether a member may do something.

    Customers are counted only for who sees them all, API keys named only to who may see them.
    """
    factors = kinds_of(membership.user)
    asked = demand(live_memberships(membership.user), has_app=factors.app, has_passkey=factors.passkey, at=at)
    roles = [role.name for role in roles_of(membership.company) if permission in role.rights.permissions]
    keys = _keys(membership) if with_keys else []
    return Facts(
        membership=membership,
        demand=asked,
        given_by=roles,
        seen=_seen(membership) if with_counts and membership.is_restricted else None,
        kinds=kinds(),
        keys=[key.name for key in keys if key.is_live(at) and permission in key.rights.permissions],
    )


def _keys(membership: Membership) -> list[ApiKey]:
    keys = list(ApiKey.objects.filter(membership=membership))
    for key in keys:
        key.membership = membership
    return keys


def _seen(membership: Membership) -> tuple[int, int]:
    company, sight = membership.company, membership.sight_of(membership.user_id)
    return customers_in(sight, company).count(), customers_in(Sight(), company).count()
