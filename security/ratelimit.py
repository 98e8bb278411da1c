"""How often something may be tried. Counted in the database, so all processes and hosts share it."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import F, Q, QuerySet

from security.models import Tally

ROW = "(%s, %s, %s, %s, %s)"
TAKE = """
    INSERT INTO security_tally (id, key, account, tries_left, expires_at) VALUES {rows}
    ON CONFLICT (key) DO UPDATE SET
        tries_left = CASE
            WHEN security_tally.expires_at <= %s THEN excluded.tries_left
            ELSE security_tally.tries_left - 1 END,
        expires_at = CASE
            WHEN security_tally.expires_at <= %s OR security_tally.tries_left = 1 THEN excluded.expires_at
            ELSE security_tally.expires_at END
    RETURNING key, tries_left
"""


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `tries` within `period`; whoever uses them up waits one whole period from the last."""

    name: str
    tries: int
    period: timedelta

    def of(self, *parts: str | None, account: str = "") -> "Count":
        """The tries that whoever the parts name has under this limit."""
        return Count(self, parts, account)


@dataclass(frozen=True, slots=True)
class Count:
    """Tries counted together. Those about an account can be forgotten without knowing where they came from."""

    limit: Limit
    parts: tuple[str | None, ...]
    account: str = ""

    @property
    def key(self) -> str:
        return _hash(self.limit.name, *self.parts)


PORTAL_LINK = Limit("portal_link", tries=60, period=timedelta(minutes=10))
NOTE_OF_REFUSED_ACCESS = Limit("note_of_refused_access", tries=1, period=timedelta(minutes=1))


def take(limit: Limit, *parts: str | None, at: datetime) -> bool:
    """Use up one try, before it is made, so that tries in parallel cannot pass the limit."""
    return take_each([limit.of(*parts)], at=at) is None


def take_each(counts: Sequence[Count], *, at: datetime) -> Count | None:
    """Use up one try of each, or none if any has run out: then that one.

    A try during the wait is refused and does not make the wait longer.
    """
    with transaction.atomic():
        left = _take(counts, at)
        spent = next((count for count in counts if left[count.key] < 0), None)
        transaction.set_rollback(spent is not None)
    return spent


def is_first_refusal(count: Count) -> bool:
    """Whether nobody asked this since the tries ran out: of many refusals in one wait, one is worth an entry."""
    return bool(Tally.objects.filter(key=count.key, tries_left=0).update(tries_left=-1))


@transaction.atomic
def give_back(*counts: Count, taken_at: datetime) -> None:
    """Undo a try that turned out to be none, unless its period is over: a later one has tries of its own."""
    same_period = Q()
    for count in counts:
        same_period |= Q(key=count.key, expires_at__lte=taken_at + count.limit.period)
    held = _held(Tally.objects.filter(same_period, tries_left__gte=0))
    Tally.objects.filter(pk__in=held).update(tries_left=F("tries_left") + 1)


@transaction.atomic
def clear(*counts: Count) -> None:
    """Forget the tries so far, once one has succeeded."""
    Tally.objects.filter(pk__in=_held(Tally.objects.filter(key__in=[count.key for count in counts]))).delete()


@transaction.atomic
def forget(account: str) -> None:
    """Forget every try about an account, wherever it came from."""
    Tally.objects.filter(pk__in=_held(Tally.objects.filter(account=_hash(account)))).delete()


@transaction.atomic
def clear_expired(at: datetime) -> None:
    """Drop what no longer counts. Rows that somebody is using are left to them."""
    unused = Tally.objects.select_for_update(skip_locked=True).filter(expires_at__lte=at)
    Tally.objects.filter(pk__in=unused.values("pk")).delete()


def _take(counts: Sequence[Count], at: datetime) -> dict[str, int]:
    """One statement for all, its rows in the order of their keys: of two at once, one waits for the other."""
    parameters = [value for count in sorted(counts, key=lambda count: count.key) for value in _columns(count, at)]
    now = connection.ops.adapt_datetimefield_value(at)
    with connection.cursor() as cursor:
        cursor.execute(TAKE.format(rows=", ".join([ROW] * len(counts))), [*parameters, now, now])
        return dict(cursor.fetchall())


def _columns(count: Count, at: datetime) -> list[Any]:
    """The row of a count whose first try is this one."""
    row = Tally(
        key=count.key,
        account=_hash(count.account) if count.account else "",
        tries_left=count.limit.tries - 1,
        expires_at=at + count.limit.period,
    )
    return [field.get_db_prep_save(getattr(row, field.attname), connection) for field in Tally._meta.concrete_fields]


def _held(rows: QuerySet[Tally]) -> QuerySet[Tally, Any]:
    """The rows, locked in the order of their keys, as `_take` locks them: nobody waits in a circle."""
    return rows.select_for_update().order_by("key").values("pk")


def _hash(*parts: str | None) -> str:
    return hashlib.sha256("\x00".join(part or "" for part in parts).encode()).hexdigest()
