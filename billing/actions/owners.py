"""Who looks after the customers of somebody who leaves."""

import datetime

from accounts.models import Membership, User
from audit import log
from audit.actors import Actor
from billing import events
from billing.models import Customer
from billing.queries.owners import owned_by


def hand_over(*, membership: Membership, heir: User | None, by: Actor, at: datetime.datetime) -> int:
    """Give the customers of a member who leaves to somebody else, or to nobody; how many. Archived ones go along.

    Called in the transaction that ends the membership, each customer with an entry of its own.
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
    return len(customers)
