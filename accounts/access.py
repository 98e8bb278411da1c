"""The one answer to who may do what, in which company, with which customers."""

from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import UUID

from django.db.models import Model, QuerySet

from accounts import roles
from accounts.models import Company, Membership, User
from accounts.permissions import Permission
from audit.actors import Actor

AnyModel = TypeVar("AnyModel", bound=Model)

customer_models: list[type[Model]] = []
"""The model of the customers a member can be restricted to; the app that has it adds it at start-up."""


@dataclass(frozen=True)
class Access:
    """What one member may do and see in one company during one request."""

    user: User
    membership: Membership
    company: Company
    actor: Actor
    permissions: frozenset[Permission]

    @classmethod
    def of(cls, membership: Membership, actor: Actor) -> "Access":
        """The access a live membership gives; `actor` is how the logs will name the person."""
        return cls(
            user=membership.user,
            membership=membership,
            company=membership.company,
            actor=actor,
            permissions=roles.BUILT_IN[membership.role],
        )

    def can(self, permission: str) -> bool:
        """Whether this member's role holds the permission."""
        return permission in self.permissions

    def visible(self, model: type[AnyModel]) -> QuerySet[AnyModel]:
        """The company's rows, and for a restricted member only those of the customers they own.

        A model that belongs to a customer names the way there in `customer_path`; one that does
        not is the whole company's.
        """
        rows = model._default_manager.filter(company=self.company)
        path: str | None = getattr(model, "customer_path", None)
        if path is None or self.membership.restriction == Membership.Restriction.NONE:
            return rows
        owner = f"{path}__owner" if path else "owner"
        return rows.filter(**{owner: self.user})

    def visible_customer_ids(self) -> QuerySet[Any, UUID] | None:
        """The ids of the customers a restricted member sees; None where nothing is hidden."""
        if self.membership.restriction == Membership.Restriction.NONE:
            return None
        [customers] = customer_models
        return self.visible(customers).values_list("pk", flat=True)
