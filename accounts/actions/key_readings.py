"""Opening the page of an API key leaves an entry, as reading the security log does."""

from datetime import datetime, timedelta

from django.db import transaction

from accounts import events
from accounts.models import ApiKey
from accounts.queries.api_keys import was_viewed
from audit import log
from audit.actors import Actor

ONE_READING = timedelta(hours=1)


@transaction.atomic
def note(*, key: ApiKey, by: Actor, at: datetime) -> None:
    """Keep who opened the page of a key, once an hour for each key and session."""
    if not was_viewed(key, by.id, by.session, at - ONE_READING):
        log.record(events.API_KEY_VIEWED, target=key, by=by, at=at)
