"""Rows of entries that somebody may have damaged."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db import OperationalError

from audit.leaves import rows_of


def readable(log: str, ids: Sequence[UUID]) -> list[tuple[Any, ...]]:
    """The rows of these entries but those that SQLite cannot hand out, because something in them is not UTF-8."""
    try:
        return list(rows_of(log, ids))
    except OperationalError as error:
        if "decode" not in str(error):
            raise
    if len(ids) == 1:
        return []
    middle = len(ids) // 2
    return readable(log, ids[:middle]) + readable(log, ids[middle:])
