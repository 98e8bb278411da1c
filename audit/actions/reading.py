"""What the audit app itself changes: reading the security log leaves an entry in it."""

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from audit import events, log, queries
from audit.actors import Actor

ONE_READING = timedelta(hours=1)


def note_reading(*, company: Any, by: Actor, at: datetime) -> None:
    """Reading a company's security log is an event in it, once an hour for each session."""
    action = events.SECURITY_LOG_VIEWED
    if queries.was_recorded(
        action.code, company_id=company.pk, actor_id=by.id, session=by.session, since=at - ONE_READING
    ):
        return
    with transaction.atomic():
        log.record(action, target=company, by=by, at=at)
