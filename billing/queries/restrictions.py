"""What somebody would see who is limited to some customers: shown before it is saved."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q, QuerySet

from accounts.access import Access, customers_in
from accounts.models import ApiKey, Invitation, Membership, User
from accounts.models.grant import Sight
from billing.models import Customer, CustomerBalance
from billing.queries.balances import outstanding, written

FIRST = 20
FOUND = 20
Restricted = Membership | Invitation | ApiKey


@dataclass(frozen=True, slots=True)
class Preview:
    count: int
    of: int
    first: list[Customer]
    open: list[str]

    @property
    def more(self) -> int:
        return self.count - len(self.first)


def preview(access: Access, target: Restricted, mode: str, values: dict[str, list[str]], ids: list[str]) -> Preview:
    """The customers, archived ones left out, and what they owe. A key sees nothing its maker does not."""
    everybody = access.visible(Customer).filter(archived_at__isnull=True)
    seen = everybody & customers_in(Sight(mode, values, ids, _person(target)), target.company)
    if isinstance(target, ApiKey):
        seen = seen & customers_in(target.membership.sight_of(target.membership.user_id), target.company)
    sums = outstanding(access.visible(CustomerBalance).filter(customer__in=seen.order_by().values("pk")))
    return Preview(
        count=seen.count(),
        of=everybody.count(),
        first=list(seen.order_by("name", "id")[:FIRST]),
        open=[written(sums[one].receivable, one) for one in sorted(sums) if sums[one].receivable],
    )


def named_lines(customers: QuerySet[Customer], ids: Collection[str]) -> str:
    """Customers as the lines somebody edits, by name: the number, which tells them apart, then the name."""
    found = customers.filter(pk__in=list(ids)).order_by("name", "id").values_list("number", "name")
    return "\n".join(line_of(number, name) for number, name in found)


def line_of(number: str, name: str) -> str:
    return f"{number} · {name}"


def customers_named(customers: QuerySet[Customer], lines: Sequence[str]) -> tuple[dict[str, list[UUID]], list[str]]:
    """The customers each line names by number, or by the whole name; and the lines that name nobody."""
    numbers = {line: line.partition(" · ")[0].strip() for line in lines}
    wanted = Q(number__in={*lines, *numbers.values()}) | Q(name__in=set(lines))
    by_number: dict[str, UUID] = {}
    by_name: dict[str, list[UUID]] = {}
    for id, number, name in customers.filter(wanted).order_by("number").values_list("pk", "number", "name"):
        by_number[number] = id
        by_name.setdefault(name, []).append(id)
    found: dict[str, list[UUID]] = {}
    for line in lines:
        number = line if line in by_number else numbers[line]
        found[line] = [by_number[number]] if number in by_number and line not in by_name else by_name.get(line, [])
    return found, [line for line in lines if not found[line]]


def search(customers: QuerySet[Customer], text: str) -> list[Customer]:
    """The first customers whose name holds the text or whose number begins so."""
    found = customers.filter(Q(name__icontains=text) | Q(number__istartswith=text), archived_at__isnull=True)
    return list(found.order_by("name", "id")[:FOUND])


def _person(target: Restricted) -> UUID | None:
    """Whose customers "own" means: for an invitation those of whoever has the address already."""
    if isinstance(target, Invitation):
        return User.objects.filter(email=target.email).values_list("pk", flat=True).first()
    return target.membership.user_id if isinstance(target, ApiKey) else target.user_id
