"""The roles there are in a company, and who holds them."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Count, QuerySet

from accounts.models import Company, Invitation, Membership, Role
from accounts.roles import BUILT_IN, NAMES, SENTENCES, Rights


@dataclass(frozen=True, slots=True)
class BuiltIn:
    """A role of the product, told like one of a company's own."""

    key: str
    name: str
    description: str
    rights: Rights

    def __str__(self) -> str:
        return self.name


AnyRole = BuiltIn | Role


def built_in_roles() -> list[AnyRole]:
    """Those every company has."""
    return [BuiltIn(key, NAMES[key], SENTENCES[key], Rights(held)) for key, held in BUILT_IN.items()]


def roles_of(company: Company) -> list[AnyRole]:
    """The built-in roles, and the company's own by name."""
    return [*built_in_roles(), *Role.objects.filter(company=company)]


def role_of(company: Company, key: str) -> str | Role | None:
    """The role with this key as actions take it: the code of a built-in one, or the company's own; None for no such."""
    return key if key in BUILT_IN else _own(company, key)


def get_role(company: Company, key: str) -> AnyRole | None:
    """The role with this key as pages show it; None for no such."""
    return next((role for role in built_in_roles() if role.key == key), None) or _own(company, key)


def holders(company: Company) -> Counter[str]:
    """How many members hold each role, the suspended ones too, by its key."""
    counted = Membership.objects.present().filter(company=company).order_by().values_list("role", "own_role")
    return Counter({role or str(own): count for role, own, count in counted.annotate(Count("pk"))})


def members_with(company: Company, key: str) -> QuerySet[Membership]:
    """The members who hold a role, by name, the suspended ones too."""
    members = Membership.objects.present().filter(company=company, **_holding(key))
    return members.select_related("user", "own_role").order_by("user__name", "user__email")


def invitations_with(company: Company, key: str, at: datetime) -> QuerySet[Invitation]:
    """The invitations that offer a role and can still be accepted."""
    waiting = Invitation.objects.filter(accepted_at__isnull=True, withdrawn_at__isnull=True, expires_at__gt=at)
    return waiting.filter(company=company, **_holding(key)).order_by("email")


def out_of_reach(role: Role, membership: Membership, own: Rights) -> str:
    """Why this member can neither change nor delete the role; "" if they can."""
    if membership.own_role_id == role.pk:
        return "You hold this role yourself. Ask somebody with another role to change it."
    if role.rights.beyond(own):
        return f"The role {role} gives more than you hold, so you can neither change nor delete it."
    return ""


def _own(company: Company, key: str) -> Role | None:
    try:
        id = UUID(key)
    except ValueError:
        return None
    return Role.objects.filter(company=company, pk=id).first()


def _holding(key: str) -> dict[str, str]:
    return {"role": key} if key in BUILT_IN else {"own_role_id": key}
