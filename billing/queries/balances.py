"""What customers owe and have to their credit, read from the stored balances: never added across currencies."""

from collections import defaultdict
from collections.abc import Iterable
from typing import NamedTuple
from uuid import UUID

from django.db.models import Count, Q, QuerySet, Sum

from billing import formats
from billing.models import CustomerBalance
from billing.money import LARGEST, Money


class Balance(NamedTuple):
    """Minor units of one currency: a sum of many amounts can be more than any one amount may be."""

    currency: str
    receivable: int
    credit: int

    @property
    def owed(self) -> str:
        return written(self.receivable, self.currency)

    @property
    def unapplied(self) -> str:
        return written(self.credit, self.currency)


class Outstanding(NamedTuple):
    """All balances of one currency together."""

    currency: str
    receivable: int
    credit: int
    customers_owing: int
    customers_with_credit: int


def written(minor: int, currency: str) -> str:
    """A sum as people read it."""
    if abs(minor) > LARGEST:
        return f"over {formats.money(Money(LARGEST, currency))}"
    return formats.money(Money(minor, currency))


def balances_of(customer_id: UUID, first: str) -> list[Balance]:
    """One customer's balances that are not zero; that in the currency `first` comes first."""
    return balances_by_customer([customer_id], first).get(customer_id, [])


def balances_by_customer(customer_ids: Iterable[UUID], first: str) -> dict[UUID, list[Balance]]:
    """The balances that are not zero, by customer."""
    rows = (
        CustomerBalance.objects.filter(customer__in=list(customer_ids))
        .filter(Q(receivable__gt=0) | Q(credit__gt=0))
        .values_list("customer_id", "currency", "receivable", "credit")
    )
    found: dict[UUID, list[Balance]] = defaultdict(list)
    for customer_id, *balance in sorted(rows, key=lambda row: (row[1] != first, row[1])):
        found[customer_id].append(Balance(*balance))
    return found


def outstanding(balances: QuerySet[CustomerBalance]) -> dict[str, Outstanding]:
    """Sums of the balances by currency."""
    rows = (
        balances.order_by()
        .values_list("currency")
        .annotate(
            owed=Sum("receivable"),
            unapplied=Sum("credit"),
            owing=Count("pk", filter=Q(receivable__gt=0)),
            in_credit=Count("pk", filter=Q(credit__gt=0)),
        )
    )
    return {row[0]: Outstanding(*row) for row in rows}
