"""Whether an entry may be without words: an entry of the same company that is never erased itself must say so."""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection

from audit.kinds import NUMBERS
from audit.leaves import TABLES, Unreadable, digest_of, entry_hash
from audit.models import Leaf, Waiting
from audit.triggers import EMPTIED_COLUMNS, KEPT_DAYS, KEPT_FOR_EVER
from audit.verifying.dated import instant
from audit.verifying.rows import readable

ACTION, LOG = "log.erased", "security"
UNSEALED = "erased_unsealed"
"""The one thing about an erased entry that only is to be told of: the next turn of the sealer mends it."""
SLACK = timedelta(hours=1)
TURN = timedelta(minutes=1)
"""So far apart the time of an erasing, as the entry bears it, and that of the entry that tells of it may lie."""
TEXTS = """
    action actor_id actor_label actor_type outcome reason request_id session user_agent object_id object_label
    object_type on_behalf_of
""".split()


@dataclass(frozen=True, slots=True)
class Told:
    """What an entry of "log.erased" says: when, the numbers of what was erased, and the digest of what is left.

    `index` is its place, None while it waits for one.
    """

    entry: str
    at: datetime
    numbers: list[int]
    kept: str
    index: int | None


class Erasings:
    """What entries of "log.erased" say, read once for each company that has an erased entry.

    Entries are erased while a check is under way: what is not told of yet is looked for again once in each piece.
    """

    def __init__(self) -> None:
        self._told: dict[str | None, dict[int, Told]] = {}
        self._is_read: set[str | None] = set()
        self._compared: set[str] = set()

    def begin_piece(self) -> None:
        self._is_read.clear()

    def problem(self, company: str | None, number: int, row: tuple[Any, ...], erased_at: str) -> tuple[str, str] | None:
        """What is wrong with an erased entry, as a finding's name and sentence; `row` is what `leaves.columns` gives.

        That what is left of a batch was changed is told of once.
        """
        if number not in self._told.get(company, {}) and company not in self._is_read:
            self._told[company] = {number: told for told in _all_told(company) for number in told.numbers}
            self._is_read.add(company)
        told = self._told[company].get(number)
        if told is None:
            return "erased_unsaid", "An entry is marked as erased, and no sealed entry says that it was."
        if not _is_empty(row):
            return "erased_not_empty", "An entry is marked as erased, and still says something."
        if row[6] in KEPT_FOR_EVER or not _is_old(row[3], told.at):
            return "erased_early", f"An entry was erased that is kept for ever, or for {KEPT_DAYS} days at least."
        if not _is_at(erased_at, told.at):
            return "erased_changed", f"An entry bears another time of its erasing than {told.entry} says."
        if told.entry not in self._compared:
            self._compared.add(told.entry)
            return _compared(company, told)
        return None


def _compared(company: str | None, told: Told) -> tuple[str, str] | None:
    try:
        is_as_it_was = _digest(company, told.numbers) == told.kept
    except Unreadable:
        is_as_it_was = False
    if not is_as_it_was:
        sentence = f"What is left of the {len(told.numbers)} entries that {told.entry} says were erased was changed."
        return "erased_changed", f"{sentence} This is the first of them."
    if told.index is None:
        return UNSEALED, f"The entry {told.entry}, which says what was erased, waits for its own seal."
    return None


def _is_empty(row: tuple[Any, ...]) -> bool:
    ip, salt, texts, (changes, data) = row[4], row[5], dict(zip(TEXTS, row[6:19], strict=True)), row[19:]
    is_bare = (ip, changes, data) == (None, None, "{}") and len(salt) == 0
    return is_bare and all(texts[name] == "" for name in EMPTIED_COLUMNS)


def _is_old(written: str, erased: datetime) -> bool:
    try:
        return datetime.fromisoformat(written) + timedelta(days=KEPT_DAYS) <= erased
    except ValueError:
        return False


def _is_at(written: str, told: datetime) -> bool:
    try:
        return abs(instant(written) - told) <= TURN
    except ValueError:
        return False


def _digest(company: str | None, numbers: list[int]) -> str:
    leaves = Leaf.objects.filter(company_id=company and UUID(company), number__in=numbers).order_by("number")
    places = {(leaf.log, leaf.entry_id): leaf.number for leaf in leaves}
    found = [
        (places[log, UUID(row[0])], log, row)
        for log in TABLES
        for row in readable(log, [entry for of, entry in places if of == log])
    ]
    return digest_of((log, number, row) for number, log, row in sorted(found, key=lambda one: one[0]))


def _all_told(company: str | None) -> list[Told]:
    """Those whose own hash fits their place, or that wait for one; the earliest comes last, and so has the word."""
    rows = readable(LOG, _ids(company))
    ids = [UUID(row[0]) for row in rows]
    # The queue first: what leaves it meanwhile has its place by then.
    waiting = set(Waiting.objects.filter(log=LOG, entry_id__in=ids).values_list("entry_id", flat=True))
    leaves = {leaf.entry_id: leaf for leaf in Leaf.objects.filter(log=LOG, entry_id__in=ids)}
    found = [_told(row, leaves.get(id), id in waiting) for id, row in zip(ids, rows, strict=True)]
    in_order = sorted((told for told in found if told), key=lambda told: (told.index is None, told.index or 0))
    return in_order[::-1]


def _told(row: tuple[Any, ...], leaf: Leaf | None, is_waiting: bool) -> Told | None:
    """What an entry says; None for one that says it in another way than ours, or has no place."""
    try:
        at, data = datetime.fromisoformat(row[3]), json.loads(row[20])
        numbers, kept = data["numbers"], data["kept"]
        is_as_sealed = entry_hash(LOG, leaf.number, row) == bytes(leaf.hash) if leaf else is_waiting
    except (TypeError, ValueError, KeyError):
        return None
    is_early = leaf is not None and at > leaf.sealed_at + SLACK
    if not is_as_sealed or is_early or not NUMBERS.holds(numbers):
        return None
    return Told(str(UUID(row[0])), at, numbers, kept, leaf.index if leaf else None)


def _ids(company: str | None) -> list[UUID]:
    of_company = "company_id IS NULL" if company is None else "company_id = %s"
    given = [ACTION] if company is None else [ACTION, company]
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT id FROM {TABLES[LOG]} WHERE action = %s AND {of_company} AND erased_at IS NULL",  # noqa: S608
            given,
        )
        return [UUID(str(id)) for (id,) in cursor.fetchall()]
