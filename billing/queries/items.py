"""The price list: narrowed, paged, and written out once."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import Q, QuerySet

from billing import formats
from billing.models import Item
from billing.queries.customers import ORDERS
from billing.queries.keyset import Page, page

COLUMNS = ("name", "code", "unit", "currency", "unit_price", "archived_at")


class ItemRow(NamedTuple):
    id: UUID
    name: str
    code: str
    unit: str
    price: str
    tax_rates: str
    archived: bool


def narrowed(items: QuerySet[Item], text: str, show: str) -> QuerySet[Item]:
    """Those whose name holds the text or whose code begins so; archived ones only when asked for."""
    rows = items.filter(archived_at__isnull=show != "archived")
    return rows.filter(Q(name__icontains=text) | Q(code__istartswith=text)) if text else rows


def listed(items: QuerySet[Item], *, after: str = "", before: str = "", size: int) -> Page:
    """One page of the items by name."""
    return page(items, ORDERS["name"], COLUMNS, after=after, before=before, size=size)


def rows_of(values: Sequence[dict[str, Any]]) -> list[ItemRow]:
    tax_rates = _tax_rates([row["id"] for row in values])
    return [
        ItemRow(
            id=row["id"],
            name=row["name"],
            code=row["code"],
            unit=row["unit"],
            price=f"{row['currency']}\N{NO-BREAK SPACE}{formats.price(row['unit_price'], row['currency'])}",
            tax_rates=", ".join(tax_rates.get(row["id"], [])),
            archived=row["archived_at"] is not None,
        )
        for row in values
    ]


def _tax_rates(ids: Sequence[UUID]) -> dict[UUID, list[str]]:
    rows = (
        Item.tax_rates.through.objects.filter(item__in=ids)
        .order_by("taxrate__name")
        .values_list("item_id", "taxrate__name", "taxrate__percent")
    )
    found: dict[UUID, list[str]] = defaultdict(list)
    for item_id, name, percent in rows:
        found[item_id].append(f"{name} {formats.percent(percent)}")
    return found
