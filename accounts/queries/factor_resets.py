"""Who asked for a fresh start of their second factor, and who may decide about it."""

from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet

from accounts.models import Company, FactorReset, Membership, User
from accounts.queries.memberships import acting_administrators


def open_resets(company: Company) -> QuerySet[FactorReset]:
    """What members of a company asked for and what is not decided or not yet carried out, oldest first."""
    members = Membership.objects.live().filter(company=company).values("user")
    resets = FactorReset.objects.filter(ended_at__isnull=True, user__in=members)
    return resets.select_related("user", "company", "approved_by").order_by("asked_at", "pk")


def open_reset(user: User) -> FactorReset | None:
    """What a person asked for and what is not over."""
    return FactorReset.objects.filter(user=user, ended_at__isnull=True).first()


def due_resets(at: datetime) -> list[FactorReset]:
    """Those agreed to whose day of waiting is over."""
    due = FactorReset.objects.filter(ended_at__isnull=True, due_at__lte=at)
    return list(due.select_related("user", "company").order_by("due_at", "pk"))


def lapsed_resets(asked_before: datetime) -> list[FactorReset]:
    """Those asked for before then that nobody has decided about."""
    lapsed = FactorReset.objects.filter(ended_at__isnull=True, approved_at__isnull=True, asked_at__lte=asked_before)
    return list(lapsed.select_related("user", "company").order_by("asked_at", "pk"))


def company_to_ask(user: User) -> Company | None:
    """The first company of a person in which somebody else can decide; None for an only administrator."""
    memberships = Membership.objects.live().filter(user=user).select_related("company")
    return next((one.company for one in memberships if other_administrators(one.company, user).exists()), None)


def other_administrators(company: Company, user: User) -> QuerySet[Membership]:
    """The administrators of a company who can be asked, but for one person."""
    return acting_administrators(company).exclude(user=user).select_related("user", "company")


def is_live_member(user: User, company_id: UUID) -> bool:
    """Whether a person belongs to a company today."""
    return Membership.objects.live().filter(user=user, company_id=company_id).exists()


def is_administrator(user_id: UUID | None, company_id: UUID) -> bool:
    """Whether somebody administers a company today, with an account that is not locked."""
    return Membership.objects.acting().filter(user=user_id, company=company_id, role="administrator").exists()


def administrators_around(user: User, company_id: UUID) -> list[Membership]:
    """The administrators of every company a person is in, but for the person: each once, if possible in that one."""
    companies = Membership.objects.live().filter(user=user).values("company")
    around = Membership.objects.live().filter(company__in=companies, role="administrator").exclude(user=user)
    that_one_last = sorted(around.select_related("user", "company"), key=lambda one: one.company_id == company_id)
    return list({one.user_id: one for one in that_one_last}.values())
