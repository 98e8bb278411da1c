"""Limiting somebody to some customers: what may be asked for, and how it is kept."""

from collections.abc import Collection, Mapping
from typing import Any

from accounts.errors import GrantRefused
from accounts.models import Membership
from accounts.models.grant import MOST_CUSTOMERS, MOST_FIELDS, Restricted

COLUMNS = ("restriction", "field_values", "customer_ids")
Restriction = Membership.Restriction


def put(
    target: Restricted,
    restriction: str,
    field_values: Mapping[str, Collection[str]] | None = None,
    customer_ids: Collection[str] | None = None,
) -> dict[str, list[Any]]:
    """Set the restriction of one that is held and not yet saved; what is different, before and after."""
    given = columns(restriction, field_values, customer_ids)
    changes = {name: [getattr(target, name), value] for name, value in given.items() if getattr(target, name) != value}
    for name, value in given.items():
        setattr(target, name, value)
    return changes


def columns(
    restriction: str,
    field_values: Mapping[str, Collection[str]] | None = None,
    customer_ids: Collection[str] | None = None,
) -> dict[str, Any]:
    """The three columns in which a restriction is kept; refused if it would hide everything or is too long."""
    values = {field: list(dict.fromkeys(given)) for field, given in (field_values or {}).items()}
    customers = list(dict.fromkeys(str(id) for id in customer_ids or []))
    if restriction not in Restriction:
        raise GrantRefused("Choose which customers are seen: all, one's own, some by their values, or a list of them.")
    if restriction == Restriction.FIELDS:
        _refuse_values(values)
    if restriction == Restriction.CUSTOMERS:
        _refuse_customers(customers)
    return {
        "restriction": restriction,
        "field_values": values if restriction == Restriction.FIELDS else {},
        "customer_ids": customers if restriction == Restriction.CUSTOMERS else [],
    }


def _refuse_values(values: Mapping[str, list[str]]) -> None:
    if not values:
        raise GrantRefused("Choose at least one field and its values, or let them see all customers.")
    if len(values) > MOST_FIELDS:
        raise GrantRefused(f"Choose at most {MOST_FIELDS} fields.")
    if not all(given and all(given) for given in values.values()):
        raise GrantRefused("Choose at least one value for each field: without one, no customer would be seen.")


def _refuse_customers(customers: Collection[str]) -> None:
    if not customers:
        raise GrantRefused("Choose at least one customer.")
    if len(customers) > MOST_CUSTOMERS:
        raise GrantRefused(f"Choose at most {MOST_CUSTOMERS} customers. For more, use the values of a customer field.")
