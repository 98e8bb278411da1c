"""Who looks after the customers of somebody who leaves."""

import datetime
from collections.abc import Iterator
from uuid import UUID

from accounts.access import customers_in
from accounts.actions import notices
from accounts.models import Membership, User
from accounts.models.grant import counted
from audit import log
from audit.actors import Actor
from billing import events
from billing.models import Customer
from billing.queries.owners import owned_by

IDS_A_QUERY = 1_000


def hand_over(*, membership: Membership, heir: User | None, by: Actor, at: datetime.datetime) -> int:
    """Give the customers of a member who leaves, the archived ones too, to somebody else or to nobody; how many.

    Called in the transaction that ends the membership. Each has an entry of its own, and the new owner is told.
    """
    customers = list(owned_by(membership).select_for_update(of=("self",)).order_by("pk"))
    former, owner = str(membership.user), str(heir or "nobody")
    for ids in _batches(customers):
        Customer.objects.filter(pk__in=ids).update(owner=heir)
    log.record_many(
        log.entry(
            events.CUSTOMER_HANDED_OVER,
            target=customer,
            by=by,
            at=at,
            changes={"owner": [former, str(heir) if heir else None]},
            former=former,
            owner=owner,
        )
        for customer in customers
    )
    if heir and customers:
        _tell(heir, membership, customers, by, at)
    return len(customers)


def _tell(heir: User, former: Membership, customers: list[Customer], by: Actor, at: datetime.datetime) -> None:
    """Nobody is told of customers they do not see, not even how many."""
    member = Membership.objects.live().select_related("user", "company").get(company=former.company_id, user=heir)
    visible = customers_in(member.sight_of(heir.pk), member.company)
    seen = sum(visible.filter(pk__in=ids).count() for ids in _batches(customers))
    if not seen:
        return
    facts = {"former": str(former), "customers": counted(seen, "customer")}
    notices.tell_member("customers_received", membership=member, by=by, at=at, facts=facts)


def _batches(customers: list[Customer]) -> Iterator[list[UUID]]:
    """Their ids, as many at a time as every database takes in one query."""
    for start in range(0, len(customers), IDS_A_QUERY):
        yield [customer.pk for customer in customers[start : start + IDS_A_QUERY]]
