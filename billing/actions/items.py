"""Everything that changes what a company sells. Documents copy an item, so a new price changes none of them."""

import datetime
from collections.abc import Mapping, Sequence
from typing import Any

from django.db import IntegrityError, transaction

from accounts.models import Company
from audit import log
from audit.actors import Actor
from billing import events, locks
from billing.actions.changes import set_changed
from billing.errors import ItemNotChangeable, NameTaken
from billing.models import Item, TaxRate


@transaction.atomic
def create(
    *,
    company: Company,
    details: Mapping[str, Any],
    by: Actor,
    at: datetime.datetime,
    tax_rates: Sequence[TaxRate] = (),
) -> Item:
    """Put something on the price list."""
    item = Item(company=company, **details)
    _save(item, force_insert=True)
    item.tax_rates.set(tax_rates)
    log.record(events.ITEM_CREATED, target=item, by=by, at=at, price=_price(item))
    return item


@transaction.atomic
def change(
    *,
    item: Item,
    details: Mapping[str, Any],
    by: Actor,
    at: datetime.datetime,
    tax_rates: Sequence[TaxRate] | None = None,
) -> Item:
    """Change an item from now on; `tax_rates` None leaves its tax rates as they are."""
    item = locks.item(item.pk)
    _refuse_archived(item)
    changes = set_changed(item, details)
    if changes:
        _save(item, update_fields=list(changes))
    if tax_rates is not None:
        changes |= _change_tax_rates(item, tax_rates)
    if changes:
        log.record(events.ITEM_CHANGED, target=item, by=by, at=at, changes=changes)
    return item


@transaction.atomic
def archive(*, item: Item, by: Actor, at: datetime.datetime) -> Item:
    """No longer sold: it is not offered for new lines."""
    item = locks.item(item.pk)
    _refuse_archived(item)
    item.archived_at = at
    item.save(update_fields=["archived_at"])
    log.record(events.ITEM_ARCHIVED, target=item, by=by, at=at)
    return item


@transaction.atomic
def restore(*, item: Item, by: Actor, at: datetime.datetime) -> Item:
    """Sold again."""
    item = locks.item(item.pk)
    if not item.archived_at:
        raise ItemNotChangeable(f"{item} is not archived.")
    item.archived_at = None
    item.save(update_fields=["archived_at"])
    log.record(events.ITEM_RESTORED, target=item, by=by, at=at)
    return item


def _refuse_archived(item: Item) -> None:
    if item.archived_at:
        raise ItemNotChangeable(f"{item} is archived. Restore the item first.")


def _save(item: Item, **options: Any) -> None:
    try:
        with transaction.atomic():
            item.save(**options)
    except IntegrityError as refusal:
        raise NameTaken(f"Another item has the code {item.code}. Choose another code.") from refusal


def _change_tax_rates(item: Item, tax_rates: Sequence[TaxRate]) -> dict[str, list[Any]]:
    before, after = sorted(map(str, item.tax_rates.all())), sorted(map(str, tax_rates))
    if before == after:
        return {}
    item.tax_rates.set(tax_rates)
    return {"tax_rates": [before, after]}


def _price(item: Item) -> str:
    return f"{item.currency} {item.unit_price.normalize():f}"
