"""Giving entries their place in the tree and their number: the next ones, in the order of the queue, for ever.

A batch gets its places in one transaction, which takes it out of the queue as well.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.db.models import Max

from audit.errors import CannotSeal
from audit.leaves import Unreadable, entry_hash
from audit.models import Leaf, Waiting
from audit.waiting import Aside, Queued, Row, next_batch, with_rows

BATCH = 2_000
AT_A_TURN = 50_000
"""Places given in one turn, which takes seconds: they bear one time, and are signed after it."""
COLUMNS = '"index", log, entry_id, company_id, number, hash, sealed_at'
Numbers = dict[str | None, int]


def place_waiting(at: datetime) -> tuple[int, Aside]:
    """Give what waits now its place; how many, and those that can have none, which keep nobody else.

    It stops soon after AT_A_TURN. What is written meanwhile is left for the next turn: it came after `at`.
    """
    placed, after, aside, numbers = 0, None, Aside(), Numbers()
    last = Waiting.objects.aggregate(position=Max("position"))["position"]
    while last is not None and placed < AT_A_TURN:
        batch = [one for one in next_batch(after, BATCH) if one[0] <= last]
        if not batch:
            break
        after = batch[-1][0]
        placed += place(with_rows(batch, aside), aside, numbers, at)
    Waiting.objects.filter(position__in=[position for position, _, _ in aside.again]).delete()
    return placed, aside


def leaf_count() -> int:
    """How many entries have their place."""
    last = Leaf.objects.order_by("-index").values_list("index", flat=True).first()
    return 0 if last is None else last + 1


def place(batch: list[tuple[Queued, Row]], aside: Aside, numbers: Numbers, at: datetime) -> int:
    """Write the places of a batch. They are worked out beforehand, so that SQLite is locked for a moment only.

    `numbers` are the last ones of the companies that are known. Were somebody else to seal at the same time, the
    database would refuse the second of two equal places.
    """
    start, positions = leaf_count(), []
    leaves: list[tuple[Any, ...]] = []
    for one, row in batch:
        (position, log, entry_id), company = one, row[1]
        try:
            number = (numbers.get(company) or _last_number(company)) + 1
            hashed = entry_hash(log, number, row)
        except (Unreadable, ValidationError, TypeError):
            aside.unreadable.append(one)
            continue
        numbers[company] = number
        positions.append(position)
        leaves.append((start + len(leaves), log, entry_id.hex, company, number, hashed.hex()))
    if not leaves:
        return 0
    try:
        with transaction.atomic():
            _write(leaves, positions, at)
    except IntegrityError as refusal:
        raise CannotSeal(f"Places were given by somebody else ({refusal}). The next turn tries again.") from None
    return len(leaves)


def _write(leaves: list[tuple[Any, ...]], positions: list[int], at: datetime) -> None:
    """Add the places and empty their part of the queue, past the models: a statement each where there are arrays."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            columns = [_array(column) for column in zip(*leaves, strict=True)]
            cursor.execute(
                f"INSERT INTO audit_leaf ({COLUMNS}) SELECT i, log, entry, company, number, decode(hash, 'hex'), %s "  # noqa: S608
                "FROM unnest(%s::bigint[], %s::text[], %s::uuid[], %s::uuid[], %s::bigint[], %s::text[]) "
                "AS place (i, log, entry, company, number, hash)",
                [at, *columns],
            )
            cursor.execute("DELETE FROM audit_waiting WHERE position = ANY(%s::bigint[])", [_array(positions)])
        else:
            sealed_at = connection.ops.adapt_datetimefield_value(at)
            rows = [(*leaf[:-1], bytes.fromhex(leaf[-1]), sealed_at) for leaf in leaves]
            cursor.executemany(f"INSERT INTO audit_leaf ({COLUMNS}) VALUES (%s, %s, %s, %s, %s, %s, %s)", rows)  # noqa: S608
            cursor.executemany("DELETE FROM audit_waiting WHERE position = %s", [(one,) for one in positions])


def _array(values: Iterable[object]) -> str:
    """Words and numbers as PostgreSQL reads an array: one value to pass instead of thousands."""
    return f"{{{','.join('NULL' if value is None else str(value) for value in values)}}}"


def _last_number(company_id: str | None) -> int:
    """The running number of the latest sealed entry of a company; of None, of what belongs to no company."""
    about = {"company_id": company_id} if company_id else {"company_id__isnull": True}
    return Leaf.objects.filter(**about).order_by("-number").values_list("number", flat=True).first() or 0
