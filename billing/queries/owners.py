"""Who looks after customers, and who may add them."""

from uuid import UUID

from django.db.models import Q, QuerySet

from accounts.access import Access
from accounts.models import Company, Membership, User
from billing.models import Customer


def possible_owners(company: Company, kept: UUID | None = None) -> QuerySet[User]:
    """Who may look after a customer: the members of today, and `kept`, who did until now."""
    members = Membership.objects.live().filter(company=company).order_by().values("user")
    return User.objects.filter(Q(pk__in=members) | Q(pk=kept)).order_by("name", "email")


def owned_by(member: Membership) -> QuerySet[Customer]:
    """The customers a member looks after, the archived ones too."""
    return Customer.objects.filter(company=member.company_id, owner=member.user_id)


def owned_count(member: Membership) -> int:
    """How many they are."""
    return owned_by(member).count()


def may_add(access: Access) -> bool:
    """Whether somebody would see the customer they add: a fixed list of customers does not grow by itself."""
    return access.membership.restriction != Membership.Restriction.CUSTOMERS
