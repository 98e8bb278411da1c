"""What somebody is given: a role, and the customers they see. Shared by members, invitations and API keys."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from django.db import models

from accounts.models.role import Role
from accounts.roles import ADMINISTRATOR, BUILT_IN, NAMES, Rights

MOST_FIELDS = 3
MOST_CUSTOMERS = 500
VALUES_NAMED = 3
LONGEST_VALUE_NAMED = 40


@dataclass(frozen=True, slots=True)
class Sight:
    """Which customers are seen. `values` are those of custom fields by the field's id, `customers` a fixed list."""

    mode: str = "none"
    values: Mapping[str, Collection[str]] = field(default_factory=dict)
    customers: Collection[str] = ()
    owner: UUID | None = None


class Restricted(models.Model):
    """Limited to some customers: nobody's, one's own, those with values in up to three fields, or a fixed list.

    `field_values` is {field id: [value, ...]}: a customer is seen who has one of the values in each field.
    """

    class Restriction(models.TextChoices):
        NONE = "none", "All customers"
        OWNER = "owner", "Own customers only"
        FIELDS = "fields", "Customers with certain values"
        CUSTOMERS = "customers", "A fixed list of customers"

    restriction = models.CharField(max_length=10, choices=Restriction.choices, default=Restriction.NONE)
    field_values = models.JSONField(default=dict, blank=True)
    customer_ids = models.JSONField(default=list, blank=True)

    named_values: Sequence[tuple[str, Sequence[str]]] = ()
    """What `field_values` keeps by ids, as people read it. `queries.restrictions` looks it up, for many at once."""

    class Meta:
        abstract = True

    @property
    def is_restricted(self) -> bool:
        return self.restriction != self.Restriction.NONE

    @property
    def restriction_words(self) -> str:
        """Which customers are seen, as people say it; of a field with many values the first."""
        if self.restriction == self.Restriction.FIELDS and self.named_values:
            return "; ".join(f"{name}: {_any_of(values)}" for name, values in self.named_values)
        if self.restriction == self.Restriction.FIELDS:
            return f"Customers with certain values in {counted(len(self.field_values), 'field')}"
        if self.restriction == self.Restriction.CUSTOMERS:
            return f"{counted(len(self.customer_ids), 'chosen customer')} only"
        return self.get_restriction_display()

    def sight_of(self, owner: UUID) -> Sight:
        """What this lets somebody see; `owner` is whose customers "own" means."""
        return Sight(self.restriction, self.field_values, self.customer_ids, owner)


class HasRole(models.Model):
    """Holds a built-in role by its code, or one of the company's own."""

    role = models.CharField(max_length=20, choices=list(NAMES.items()), blank=True)
    own_role = models.ForeignKey(Role, on_delete=models.PROTECT, null=True, blank=True, related_name="%(class)ss")

    class Meta:
        abstract = True

    @property
    def role_key(self) -> str:
        """The code of a built-in role, the id of an own one: what forms and addresses call it."""
        return self.role or str(self.own_role_id)

    @property
    def role_name(self) -> str:
        return NAMES[self.role] if self.role else str(self.own_role)

    @property
    def rights(self) -> Rights:
        """What the role gives today."""
        if self.role:
            return Rights(BUILT_IN[self.role])
        return self.own_role.rights if self.own_role else Rights()

    @property
    def is_administrator(self) -> bool:
        return self.role == ADMINISTRATOR


def counted(number: int, thing: str) -> str:
    """ "1 field", "3 fields"."""
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"


def _any_of(values: Sequence[str]) -> str:
    """ "North", "North or South", "North, South, East or 2 more"."""
    named = [value if len(value) <= LONGEST_VALUE_NAMED else f"{value[:LONGEST_VALUE_NAMED]}…" for value in values]
    if more := len(named) - VALUES_NAMED:
        named = [*named[:VALUES_NAMED], f"{more} more"] if more > 0 else named
    return " or ".join(filter(None, [", ".join(named[:-1]), named[-1]]))


def one_role(name: str) -> list[models.CheckConstraint]:
    """A role and only one; and nothing is hidden from an administrator. `name` is the model's."""
    built_in = models.Q(role__in=list(BUILT_IN), own_role__isnull=True)
    return [
        models.CheckConstraint(
            condition=built_in | models.Q(role="", own_role__isnull=False), name=f"{name}_role_is_one"
        ),
        models.CheckConstraint(
            condition=~models.Q(role=ADMINISTRATOR) | models.Q(restriction="none"),
            name=f"{name}_administrator_sees_all",
        ),
    ]
