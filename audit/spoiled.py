"""Values that the product never writes, which somebody put into the database: reading on past them."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from django.db import DataError, OperationalError

from audit.notes import BadNote

Key = TypeVar("Key")
Row = TypeVar("Row")
SPOILED = (DataError, BadNote, ValueError, TypeError, AttributeError, LookupError, ArithmeticError)
"""What comes of a value that the product never writes: infinity, text that is no time, a key that is none."""


def is_about_a_value(error: Exception) -> bool:
    """Whether it tells of a spoiled value: SQLite says of text that is not UTF-8 that it could not decode it."""
    return not isinstance(error, OperationalError) or "decode" in str(error)


def split_readable(fetch: Callable[[Sequence[Key]], list[Row]], keys: Sequence[Key]) -> tuple[list[Row], list[Key]]:
    """The rows of these keys, and the keys of those that cannot be read."""
    try:
        return fetch(keys), []
    except (*SPOILED, OperationalError) as error:
        if not is_about_a_value(error):
            raise
    if len(keys) <= 1:
        return [], list(keys)
    middle = len(keys) // 2
    (before, spoiled), (after, more) = (split_readable(fetch, part) for part in (keys[:middle], keys[middle:]))
    return before + after, spoiled + more
