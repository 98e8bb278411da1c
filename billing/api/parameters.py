"""What may stand in the address of an API request: each parameter with its meaning and how it is read."""

import datetime
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.core.exceptions import BadRequest, ValidationError
from django.http import QueryDict

from billing.currencies import CURRENCIES
from security.text import clean_text, validate_plain_text

MOST = 100
USUAL = 50
LONGEST_TEXT = 100
LONGEST_CURSOR = 1000
DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


class BadParameter(BadRequest):
    """A parameter that is not known here, stands there twice, or cannot be read; the message names it."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter. `about` is what readers of the document are told, `hint` how to write it."""

    name: str
    about: str
    hint: str
    schema: dict[str, Any]
    read: Callable[[str], Any]


def given(query: QueryDict, known: Sequence[Parameter]) -> dict[str, Any]:
    """What was sent, by name; an empty value counts as none sent."""
    by_name = {parameter.name: parameter for parameter in known}
    values = {}
    for name, sent in query.lists():
        if name not in by_name:
            raise BadParameter(f"There is no parameter “{name[:60]}” here. {_listed(by_name)}")
        if len(sent) > 1:
            raise BadParameter(f"The parameter “{name}” may stand there once.")
        if sent[0]:
            values[name] = _read(by_name[name], sent[0])
    return values


def text(name: str, about: str) -> Parameter:
    hint = f"at most {LONGEST_TEXT} characters, without control characters"
    return Parameter(name, about, hint, {"type": "string", "maxLength": LONGEST_TEXT}, _text)


def identity(name: str, about: str) -> Parameter:
    return Parameter(name, about, "an id as the API writes it", {"type": "string", "format": "uuid"}, _uuid)


def day(name: str, about: str) -> Parameter:
    return Parameter(name, about, "a day such as 2026-03-12", {"type": "string", "format": "date"}, _day)


def instant(name: str, about: str) -> Parameter:
    hint = "an instant with its offset, such as 2026-03-12T09:30:00Z"
    return Parameter(name, about, hint, {"type": "string", "format": "date-time"}, as_instant)


def choice(name: str, about: str, options: Iterable[str]) -> Parameter:
    names = list(options)

    def read(sent: str) -> str:
        if sent not in names:
            raise ValueError(sent)
        return sent

    return Parameter(name, about, f"one of {', '.join(names)}", {"type": "string", "enum": names}, read)


def currency(name: str, about: str) -> Parameter:
    return Parameter(name, about, "the three letters of a currency", {"type": "string"}, _currency)


def as_instant(sent: str) -> datetime.datetime:
    """An instant with its offset, in UTC. What is none, and what no calendar holds there, raises ValueError."""
    read = datetime.datetime.fromisoformat(sent)
    if read.tzinfo is None:
        raise ValueError(sent)
    try:
        return read.astimezone(datetime.UTC)
    except OverflowError:
        raise ValueError(sent) from None


def _read(parameter: Parameter, sent: str) -> Any:
    try:
        return parameter.read(sent)
    except (ValueError, ValidationError):
        raise BadParameter(f"The parameter “{parameter.name}” is {parameter.hint}.") from None


def _listed(by_name: Iterable[str]) -> str:
    names = ", ".join(by_name)
    return f"Known: {names}." if names else "None is known."


def _text(sent: str) -> str:
    cleaned = clean_text(sent)
    validate_plain_text(cleaned)
    if len(cleaned) > LONGEST_TEXT:
        raise ValueError(sent)
    return cleaned


def _uuid(sent: str) -> UUID:
    read = UUID(sent)
    if str(read) != sent.lower():
        raise ValueError(sent)
    return read


def _day(sent: str) -> datetime.date:
    if not DAY.fullmatch(sent):
        raise ValueError(sent)
    return datetime.date.fromisoformat(sent)


def _currency(sent: str) -> str:
    if sent not in CURRENCIES:
        raise ValueError(sent)
    return sent


def _limit(sent: str) -> int:
    read = int(sent) if sent.isascii() and sent.isdigit() and len(sent) < 5 else 0
    if not 1 <= read <= MOST:
        raise ValueError(sent)
    return read


def _cursor(sent: str) -> str:
    if len(sent) > LONGEST_CURSOR:
        raise ValueError(sent)
    return sent


LIMIT = Parameter(
    "limit",
    f"How many records a page has; {USUAL} if nothing is said.",
    f"a whole number from 1 to {MOST}",
    {"type": "integer", "minimum": 1, "maximum": MOST, "default": USUAL},
    _limit,
)
AFTER = Parameter(
    "after",
    "Where to go on: taken from `next` of the page before, never made up.",
    "a cursor from the `next` of the page before, with the same filters",
    {"type": "string", "maxLength": LONGEST_CURSOR},
    _cursor,
)
