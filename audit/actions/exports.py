"""What leaves a log as a file leaves a trace before its first byte, and says how far it has come."""

import logging
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import OperationalError, transaction

from audit import events, log, queries
from audit.actors import Actor
from audit.models import Export

logger = logging.getLogger(__name__)

IN_WORDS = {"csv": "CSV", "jsonl": "JSON Lines", "pdf": "PDF"}
ONE_TAKING = timedelta(hours=1)


@transaction.atomic
def begin(
    *,
    company: Any,
    user: Any,
    of: str,
    format: str,
    query: str,
    filters: Mapping[str, str],
    rows: int | None,
    at_least: int,
    by: Actor,
    at: datetime,
) -> Export:
    """Somebody takes what the filters show of a log with them; `rows` is how many entries that is, if known.

    `at_least` so many are known of in any case, which its entry says.
    """
    export = Export.objects.create(
        company_id=company.pk,
        user_id=user.pk,
        log=of,
        format=format,
        query=query,
        rows=rows,
        started_at=at,
        moved_at=at,
    )
    said = {"log": of, "format": IN_WORDS[format], "filters": dict(filters), "at_least": at_least}
    log.record(events.LOG_EXPORTED, target=company, by=by, at=at, **said)
    return export


def note_history(*, company: Any, object_type: str, object_id: UUID, by: Actor, at: datetime) -> None:
    """Somebody takes the proofs of an object's history along: an entry, once an hour for each session and object."""
    event, said = events.HISTORY_PROVED, {"object_type": object_type.replace("_", " "), "object_id": str(object_id)}
    if queries.was_recorded(
        event.code, company_id=company.pk, actor_id=by.id, session=by.session, since=at - ONE_TAKING, data=said
    ):
        return
    with transaction.atomic():
        log.record(event, target=company, by=by, at=at, **said)


def note_progress(*, export: Export, rows_done: int, at: datetime) -> None:
    """How many entries have left."""
    _set(export, rows_done=rows_done, moved_at=at)


def finish(*, export: Export, rows_done: int, at: datetime) -> None:
    """The whole file has left."""
    _set(export, rows_done=rows_done, moved_at=at, finished_at=at)


def break_off(*, export: Export, rows_done: int, at: datetime) -> None:
    """Whoever received it went away, or it failed, before the end."""
    _set(export, rows_done=rows_done, moved_at=at, broken_off_at=at)


def _set(export: Export, **fields: Any) -> None:
    """Written while the answer is under way, after its request and the scope of its company have ended.

    A database that is busy keeps nobody from their file: then the note is left out.
    """
    try:
        with transaction.atomic():
            Export._base_manager.filter(pk=export.pk).update(**fields)
    except OperationalError as error:
        logger.warning("how far export %s has come was not noted: %s", export.pk, error)
