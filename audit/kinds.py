"""The kinds of data an event may keep. An event says at its declaration which it keeps, and of what kind each is."""

import datetime
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.utils.functional import Promise

WRITTEN_OUT = (str, datetime.date, datetime.time, Decimal, UUID, Promise)
"""What is kept as text: words, days, instants, exact amounts and ids."""


@dataclass(frozen=True, slots=True, eq=False)
class Kind:
    """What a value has to be, and what people call that."""

    name: str
    holds: Callable[[Any], bool]


def _is_text(value: Any) -> bool:
    return isinstance(value, WRITTEN_OUT)


def _is_number(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _are_numbers(value: Any) -> bool:
    return isinstance(value, list | tuple) and all(map(_is_number, value))


def _is_yes_or_no(value: Any) -> bool:
    return isinstance(value, bool)


def _are_texts(value: Any) -> bool:
    return isinstance(value, list | tuple | set | frozenset) and all(map(_is_text, value))


def _are_named_texts(value: Any) -> bool:
    return isinstance(value, Mapping) and all(
        isinstance(name, str) and (_is_text(part) or _are_texts(part)) for name, part in value.items()
    )


def _is_table(value: Any) -> bool:
    return isinstance(value, list | tuple) and all(map(_are_named_texts, value))


TEXT = Kind("text", _is_text)
NUMBER = Kind("whole number", _is_number)
NUMBERS = Kind("list of whole numbers", _are_numbers)
YES_NO = Kind("yes or no", _is_yes_or_no)
TEXTS = Kind("list of texts", _are_texts)
NAMED_TEXTS = Kind("mapping of texts", _are_named_texts)
TABLE = Kind("list of mappings of texts", _is_table)
