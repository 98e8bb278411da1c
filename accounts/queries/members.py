"""The team as its page lists it, and what is known of one member."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from accounts.access import Access, customers_in
from accounts.limits import written
from accounts.models import ApiKey, Approval, Company, Invitation, Membership, Session, User
from accounts.permissions import Permission
from accounts.queries.memberships import acting_administrators, team
from accounts.roles import Rights
from audit.models import SecurityEvent
from audit.queries import Filters, security_events

NEWEST = 10
TO_ASK = 3


@dataclass(frozen=True, slots=True)
class Ended:
    """How much of a member's would end with their membership, and how many customers they look after."""

    sessions: int
    keys: int
    requests: int
    invitations: int
    customers: int


owned_counts: list[Callable[[Membership], int]] = []
"""How many customers a member looks after; the app that has customers adds it at start-up."""


def listed(company: Company, text: str, at: datetime) -> QuerySet[Membership]:
    """The members whose name or address holds the text, each with `open_sessions`: how many they have here."""
    found = team(company)
    if text:
        found = found.filter(Q(user__name__icontains=text) | Q(user__email__icontains=text))
    theirs = _open_sessions(company, at).filter(user=OuterRef("user")).order_by().values("user")
    count = Subquery(theirs.annotate(count=Count("pk")).values("count"))
    return found.annotate(open_sessions=Coalesce(count, 0))


def sessions_of(member: Membership, at: datetime) -> QuerySet[Session]:
    """Where a member is signed in and works in this company, the last used first."""
    return _open_sessions(member.company, at).filter(user=member.user_id).order_by("-seen_at", "-id")


def entries_about(access: Access, member: Membership) -> list[SecurityEvent]:
    """The newest entries of the security log about a member or by them, as far as the reader may see them."""
    entries = security_events(access.company.pk, Filters(), access.visible_customer_ids())
    theirs = Q(object_id__in=[str(member.pk), str(member.user_id)]) | Q(actor_id=str(member.user_id))
    return list(entries.filter(theirs, SecurityEvent.still_names_its_object()).order_by("-at", "-id")[:NEWEST])


def customers_seen(member: Membership) -> int:
    """How many customers a member sees today."""
    return customers_in(member.sight_of(member.user_id), member.company).count()


def customers_owned(member: Membership) -> int:
    """How many customers a member looks after."""
    return sum(count(member) for count in owned_counts)


def ended_with(member: Membership, at: datetime) -> Ended:
    """What would end now."""
    return Ended(
        sessions=sessions_of(member, at).count(),
        keys=ApiKey.objects.filter(membership=member, revoked_at__isnull=True, expires_at__gt=at).count(),
        requests=Approval.objects.filter(requested_by=member, outcome=Approval.Outcome.WAITING).count(),
        invitations=Invitation.objects.filter(
            invited_by=member, accepted_at__isnull=True, withdrawn_at__isnull=True, expires_at__gt=at
        ).count(),
        customers=customers_owned(member),
    )


def possible_heirs(member: Membership) -> QuerySet[User]:
    """Who else is here and can take over the customers of a member."""
    others = Membership.objects.live().filter(company=member.company_id).exclude(pk=member.pk)
    return User.objects.filter(pk__in=others.order_by().values("user")).order_by("name", "email")


def closed_to(user: User) -> list[tuple[Company, list[Membership]]]:
    """The companies in which a person is suspended, each with some administrators to ask, its owner first."""
    suspended = Membership.objects.present().filter(user=user, suspended_at__isnull=False).select_related("company")
    return [(one.company, _to_ask(one.company)) for one in suspended]


def permissions_by_group(rights: Rights) -> dict[str, list[str]]:
    """What may be done, in sentences, by what it is about."""
    groups: dict[str, list[str]] = {}
    for permission in Permission:
        if permission in rights.permissions:
            most = rights.limits.get(permission)
            limit = "" if most is None else f" (up to {written(most) or 'nothing'})"
            groups.setdefault(permission.group, []).append(permission.sentence + limit)
    return groups


def _to_ask(company: Company) -> list[Membership]:
    administrators = acting_administrators(company)
    return list(administrators.select_related("user").order_by("-is_owner", "created_at", "pk")[:TO_ASK])


def _open_sessions(company: Company, at: datetime) -> QuerySet[Session]:
    idle, longest = timedelta(minutes=company.idle_minutes), timedelta(hours=company.session_hours)
    return Session.objects.filter(company=company, seen_at__gt=at - idle, started_at__gt=at - longest)
