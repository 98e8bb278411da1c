"""Erasing what old entries say. Their place, time, kind, outcome and hash stand.

Each batch leaves an entry with the numbers of what it erased and a digest over what is left, which is never erased
itself: whoever checks the log knows by it that an entry without words was emptied by the rules and not by somebody
at the database, and that what is left of it is what it was.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Case, Q, QuerySet, Value, When

from audit import events, log, queries, retention
from audit.actors import Actor
from audit.leaves import digest_of, rows_of
from audit.models import LOGS, BillingEvent, Envelope, LogSettings
from audit.models.entry import PEOPLE, emptied

BATCH = 1_000
AT_A_STRETCH = 100
"""How many batches are erased before others have their turn."""
BY = Actor.automation("log_retention", "Retention of the logs")
RETENTION, REQUEST = "retention", "request of a person"
OF_NONE = UUID(int=0)


def erase_old(*, company_id: UUID | None, until: datetime, at: datetime) -> int:
    """Erase what the entries of a company, or of None, said before an instant, as far as one turn goes; how many."""
    return _erase([retention.erasable(of, company_id, until) for of in LOGS.values()], company_id, RETENTION, at)


def erase_about(*, company_id: UUID, ids: list[str], team: list[str], at: datetime) -> int:
    """Erase what a company's entries of over twelve months say about whom these ids stand for, one turn; how many.

    Nothing is erased of what the team, which these ids stand for, did to them.
    """
    until, whom = at - retention.KEPT_AT_LEAST, retention.about(ids, team)
    sets = [retention.erasable(of, company_id, until).filter(whom) for of in LOGS.values()]
    return _erase(sets, company_id, REQUEST, at)


def _erase(sets: list[QuerySet[Any]], company_id: UUID | None, why: str, at: datetime) -> int:
    erased = batches = 0
    for name, rows in zip(LOGS, sets, strict=True):
        while batches < AT_A_STRETCH and (count := _erase_batch(name, rows, company_id, why, at)):
            erased, batches = erased + count, batches + 1
    return erased


@transaction.atomic
def _erase_batch(name: str, rows: QuerySet[Any], company_id: UUID | None, why: str, at: datetime) -> int:
    chosen = rows.select_for_update(skip_locked=True).order_by("at").values_list("pk", flat=True)
    ids = list(chosen[:BATCH])
    if not ids:
        return 0
    rows.model._base_manager.filter(pk__in=ids).update(**_emptied(rows.model), erased_at=at)
    left = _left(name, ids)
    told = log.entry(
        events.LOG_ERASED,
        target=LogSettings(company_id=company_id or OF_NONE),
        by=BY,
        at=at,
        count=len(ids),
        numbers=[number for number, _ in left],
        kept=digest_of((name, number, row) for number, row in left),
        why=why,
    )
    told.company_id, told.object_id = company_id, str(company_id or "")
    told.save(force_insert=True)
    return len(ids)


def _left(name: str, ids: list[UUID]) -> list[tuple[int, tuple[Any, ...]]]:
    """What is left of emptied entries of a log, by their numbers and in their order."""
    places = queries.places_of(name, ids)
    return sorted((places[UUID(row[0])].number, row) for row in rows_of(name, ids))


def _emptied(of: type[Envelope]) -> dict[str, Any]:
    """What the columns hold afterwards."""
    people = When(Q(object_type__in=PEOPLE), then=Value(""))
    object_id = Case(people, default="object_id") if of is BillingEvent else ""
    return emptied() | {"object_id": object_id}
