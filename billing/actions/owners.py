"""Who looks after the customers of somebody who leaves."""

import datetime

from accounts.access import customers_in
from accounts.actions import notices
from accounts.models import Membership, User
from accounts.models.grant import counted
from audit import log
from audit.actors import Actor
from billing import events
from billing.models import Customer
from billing.queries.owners import owned_by


def hand_over(*, membership: Membership, heir: User | None, by: Actor, at: datetime.datetime) -> int:
    """Give the customers of a member who leaves, the archived ones too, to somebody else or to nobody; how many.

    Called in the transaction that ends the membership. Each has an entry of its own, and the new owner is told.
    """
    customers = list(owned_by(membership).select_for_update(of=("self",)).order_by("pk"))
    former, owner = str(membership.user), str(heir or "nobody")
    Customer.objects.filter(pk__in=[customer.pk for customer in customers]).update(owner=heir)
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
    seen = customers_in(member.sight_of(heir.pk), member.company).filter(pk__in=[one.pk for one in customers]).count()
    if not seen:
        return
    facts = {"former": str(former), "customers": counted(seen, "customer")}
    notices.tell_member("customers_received", membership=member, by=by, at=at, facts=facts)
