"""Reading the logs."""

from audit.queries.exports import MANY, at_least, counted, exports_of
from audit.queries.filters import Filters, narrowed, search
from audit.queries.histories import customer_history, histories, object_search
from audit.queries.logs import (
    account_events,
    billing_events,
    billing_search,
    events_of,
    in_log,
    recent,
    security_events,
    security_search,
    was_recorded,
)
from audit.queries.saved_views import saved_views, shown_views, view_named
from audit.queries.sealed_entries import (
    checkpoints,
    entries_of,
    keys_of_the_log,
    latest_checkpoint,
    leaves_from,
    places_of,
    with_places,
)

__all__ = [
    "MANY",
    "Filters",
    "account_events",
    "at_least",
    "billing_events",
    "billing_search",
    "checkpoints",
    "counted",
    "customer_history",
    "entries_of",
    "events_of",
    "exports_of",
    "histories",
    "in_log",
    "keys_of_the_log",
    "latest_checkpoint",
    "leaves_from",
    "narrowed",
    "object_search",
    "places_of",
    "recent",
    "saved_views",
    "search",
    "security_events",
    "security_search",
    "shown_views",
    "view_named",
    "was_recorded",
    "with_places",
]
