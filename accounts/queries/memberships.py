"""Who belongs to which company today."""

import zoneinfo
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet

from accounts.models import Company, Membership, Passkey, TotpDevice, User


def live_memberships(user: User) -> list[Membership]:
    """The companies a person may enter today, oldest membership first, each with its company."""
    memberships = Membership.objects.live().filter(user=user).select_related("company", "own_role")
    return [_with_user(membership, user) for membership in memberships]


def team(company: Company) -> QuerySet[Membership]:
    """The members of a company by name, the suspended ones too, each with `has_app` and `has_passkey`."""
    apps = TotpDevice.objects.filter(user=OuterRef("user"), confirmed=True)
    passkeys = Passkey.objects.filter(user=OuterRef("user"), confirmed=True)
    return (
        Membership.objects.present()
        .filter(company=company)
        .select_related("user", "own_role")
        .annotate(has_app=Exists(apps), has_passkey=Exists(passkeys))
        .order_by("user__name", "user__email")
    )


def administrators(company: Company) -> QuerySet[Membership]:
    """Those who can change everything in a company."""
    return Membership.objects.live().filter(company=company, role="administrator")


def acting_administrators(company: Company) -> QuerySet[Membership]:
    """Those of them who can do it today, because their account is not locked."""
    return Membership.objects.acting().filter(company=company, role="administrator")


def home_company_id(user: User) -> UUID | None:
    """The company in whose security log a person's own account appears: the first they joined."""
    return Membership.objects.live().filter(user=user).values_list("company_id", flat=True).first()


def zone_of(user: User) -> zoneinfo.ZoneInfo:
    """The time zone of the first company a person joined; UTC for who belongs to none."""
    zone = Membership.objects.live().filter(user=user).values_list("company__time_zone", flat=True).first()
    return zoneinfo.ZoneInfo(zone or "UTC")


def _with_user(membership: Membership, user: User) -> Membership:
    membership.user = user
    return membership
