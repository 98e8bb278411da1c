"""Limiting a member, an invitation or an API key to some customers. Who may see what is kept with the person."""

import datetime
from collections.abc import Callable, Collection, Mapping
from typing import Any

from django.db import transaction

from accounts import locks as account_locks
from accounts.access import Access
from accounts.actions import api_keys, invitations, members
from accounts.models import ApiKey, Invitation, Membership
from audit.actors import Actor
from billing.errors import RestrictionRefused
from billing.models import Customer, CustomField
from billing.queries.restrictions import Restricted

RESTRICT: dict[type[Any], tuple[str, Callable[..., Any]]] = {
    Membership: ("membership", members.restrict),
    Invitation: ("invitation", invitations.restrict),
    ApiKey: ("key", api_keys.restrict),
}


@transaction.atomic
def restrict(
    *,
    target: Restricted,
    restriction: str,
    field_values: Mapping[str, Collection[str]],
    customer_ids: Collection[str],
    granter: Access,
    by: Actor,
    at: datetime.datetime,
) -> None:
    """Decide which customers are seen. What it names is looked for again: it may have gone since the page was shown."""
    account_locks.company(target.company_id)
    if restriction == Membership.Restriction.FIELDS:
        _refuse_gone_fields(granter, field_values)
    if restriction == Membership.Restriction.CUSTOMERS:
        _refuse_gone_customers(granter, customer_ids)
    name, action = RESTRICT[type(target)]
    action(
        **{name: target},
        restriction=restriction,
        field_values=field_values,
        customer_ids=customer_ids,
        granter=granter.membership,
        by=by,
        at=at,
    )


def _refuse_gone_fields(granter: Access, values: Mapping[str, Collection[str]]) -> None:
    fields = granter.visible(CustomField).filter(archived_at__isnull=True)
    found = {str(field.pk): field for field in fields}
    for id, wanted in values.items():
        field = found.get(id)
        if field is None:
            raise RestrictionRefused("One of these fields is no longer there. Choose the fields again.")
        if field.kind == CustomField.Kind.CHOICE and not set(wanted) <= set(field.choices):
            raise RestrictionRefused(f"One of the choices of {field} is no longer there. Choose the values again.")


def _refuse_gone_customers(granter: Access, ids: Collection[str]) -> None:
    if granter.visible(Customer).filter(pk__in=list(ids)).count() != len(set(ids)):
        raise RestrictionRefused("One of these customers is no longer there. Choose the customers again.")
