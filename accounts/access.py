"""The one answer to who may do what, in which company, with which customers."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, TypeVar
from uuid import UUID

from django.db.models import Model, Q, QuerySet

from accounts.models import ApiKey, Company, Membership, User
from accounts.models.grant import Sight
from accounts.permissions import Permission
from accounts.roles import Rights
from audit.actors import Actor

AnyModel = TypeVar("AnyModel", bound=Model)

customer_models: list[type[Model]] = []
"""The model of the customers a member can be restricted to; the app that has it adds it at start-up."""
contact_models: list[type[Model]] = []
"""The model of the people at customers, with their `name`, `email` and `customer`; added by the same app."""
with_values: list[Callable[[Mapping[str, Collection[str]]], Q]] = []
"""How customers with values in custom fields are found, given {field id: [value, ...]}; added by the same app."""


@dataclass(frozen=True)
class Access:
    """What one member, or one API key of theirs, may do and see in one company during one request.

    A key sees what its maker sees and it was itself restricted to, so there may be two `sights`.
    """

    user: User
    membership: Membership
    company: Company
    actor: Actor
    rights: Rights
    sights: tuple[Sight, ...]

    @classmethod
    def of(cls, membership: Membership, actor: Actor) -> "Access":
        """The access a live membership gives; `actor` is how the logs will name the person."""
        return cls(
            user=membership.user,
            membership=membership,
            company=membership.company,
            actor=actor,
            rights=membership.rights,
            sights=_narrow(membership.sight_of(membership.user_id)),
        )

    @classmethod
    def of_key(cls, key: ApiKey, actor: Actor) -> "Access":
        """The access a live key gives: within what its maker may do and see at this moment."""
        membership = key.membership
        owner = membership.user_id
        return cls(
            user=membership.user,
            membership=membership,
            company=key.company,
            actor=actor,
            rights=key.rights,
            sights=_narrow(membership.sight_of(owner), key.sight_of(owner)),
        )

    @property
    def permissions(self) -> frozenset[Permission]:
        return self.rights.permissions

    @property
    def is_restricted(self) -> bool:
        """Whether some customers of the company are hidden."""
        return bool(self.sights)

    def can(self, permission: str) -> bool:
        """Whether this member's role holds the permission."""
        return permission in self.permissions

    def allows(self, permission: Permission, currency: str, amount: Decimal) -> bool:
        """Whether one act of this amount, in units of the currency, is within this member's limit."""
        return self.rights.allows(permission, currency, amount)

    def visible(self, model: type[AnyModel]) -> QuerySet[AnyModel]:
        """The company's rows, and for a restricted member only those of the customers they see.

        A model that belongs to a customer names the way there in `customer_path`; one that does
        not is the whole company's.
        """
        rows = model._default_manager.filter(company=self.company)
        path: str | None = getattr(model, "customer_path", None)
        if path is None:
            return rows
        for sight in self.sights:
            rows = rows.filter(_seen(sight, path, self.company))
        return rows

    def visible_customer_ids(self) -> QuerySet[Any, UUID] | None:
        """The ids of the customers a restricted member sees; None where nothing is hidden."""
        if not self.sights:
            return None
        [customers] = customer_models
        return self.visible(customers).values_list("pk", flat=True)


def customers_in(sight: Sight, company: Company) -> QuerySet[Any]:
    """The customers somebody with this sight would see: what is shown before it is given."""
    [customers] = customer_models
    rows = customers._default_manager.filter(company=company)
    return rows.filter(_seen(sight, "", company)) if _narrow(sight) else rows


def _narrow(*sights: Sight) -> tuple[Sight, ...]:
    """Those that hide anything."""
    return tuple(sight for sight in sights if sight.mode != Membership.Restriction.NONE)


def _seen(sight: Sight, path: str, company: Company) -> Q:
    """Whether the customer at `path` is seen. What is not understood shows nothing."""
    if sight.mode == Membership.Restriction.OWNER and sight.owner is not None:
        return Q(**{f"{path}__owner" if path else "owner": sight.owner})
    key = f"{path}__in" if path else "pk__in"
    if sight.mode == Membership.Restriction.CUSTOMERS:
        return Q(**{key: list(sight.customers)})
    if sight.mode == Membership.Restriction.FIELDS and sight.values:
        [customers], [holding] = customer_models, with_values
        found = customers._default_manager.filter(holding(sight.values), company=company)
        return Q(**{key: found.values("pk")})
    return Q(pk__in=[])
