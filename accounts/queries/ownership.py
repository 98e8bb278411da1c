"""Who owns a company, and to whom it is offered."""

from datetime import datetime

from django.db.models import Q, QuerySet

from accounts.models import Company, Membership, OwnershipTransfer


def owner_of(company: Company) -> Membership | None:
    """The owner; None for a company from before there were owners."""
    return Membership.objects.select_related("user").filter(company=company, is_owner=True).first()


def open_offers(membership: Membership, at: datetime) -> QuerySet[OwnershipTransfer]:
    """What this member offered, or was offered, and can still be accepted."""
    concerned = Q(offered_by=membership) | Q(offered_to=membership)
    waiting = OwnershipTransfer.objects.filter(concerned, ended_at__isnull=True, expires_at__gt=at)
    return waiting.select_related("company", "offered_by__user", "offered_to__user")
