"""Every kind of event there is, declared at start by the app that owns it.

A kind of event has the sentence people read and the data it keeps; nothing else is ever recorded with it.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from string import Formatter
from typing import Any, Literal, get_args

from django.core.exceptions import ImproperlyConfigured
from django.urls import reverse

from audit.kinds import TEXT, Kind
from audit.values import visible

Log = Literal["billing", "security"]
CODE = re.compile(r"[a-z][a-z_]*\.[a-z][a-z_]*")
UNKNOWN = "…"
ENVELOPE = frozenset({"target", "reason"})
"""What a sentence may name that every entry has."""
NOT_DATA = ENVELOPE | {"by", "at", "outcome", "changes", "company_id"}


@dataclass(frozen=True, slots=True, eq=False)
class EventType:
    """One kind of event. The sentence follows the name of the actor: "issued invoice {target}".

    `fields` are all the data an entry has, with their kinds; `has_changes` says whether it may tell of fields that
    changed.
    """

    code: str
    sentence: str
    log: Log
    fields: Mapping[str, Kind] = field(default_factory=dict)
    has_changes: bool = False

    @property
    def noun(self) -> str:
        """What the event is about: "invoice"."""
        return self.code.partition(".")[0]

    @property
    def title(self) -> str:
        """How a list of event types names it: "Invoice issued"."""
        return self.code.replace(".", " ").replace("_", " ").capitalize()

    def render(self, entry: Any) -> str:
        """The sentence of one entry."""
        return "".join(self.parts(entry))

    def parts(self, entry: Any) -> tuple[str, str, str]:
        """The sentence as what stands before the target, the target, and what stands after it."""
        before, target, after = self.sentence.partition("{target}")
        words = _Words(entry)
        shown = (before.format_map(words), words["target"] if target else "", after.format_map(words))
        return shown[0], shown[1], shown[2].rstrip(" :,")


class _Words(dict[str, str]):
    def __init__(self, entry: Any) -> None:
        super().__init__({name: _word(value) for name, value in entry.data.items()})
        self["target"] = visible(entry.object_label)
        self["reason"] = visible(entry.reason)

    def __missing__(self, name: str) -> str:
        return UNKNOWN


def _word(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(_word(part) for part in value)
    return visible(str(value))


_types: dict[str, EventType] = {}
_reserved: dict[str, EventType] = {}
_links: dict[str, str] = {}


def declare(
    code: str,
    sentence: str,
    log: Log = "billing",
    *,
    kept: Mapping[str, Kind] | None = None,
    changes: bool = False,
) -> EventType:
    """Make a kind of event known. Its sentence may name {target}, {reason} and the data recorded with it.

    What the sentence names is text. `kept` names what else is kept, and what of the sentence is not text.
    """
    _types[code] = _event_type(code, sentence, log, kept or {}, changes)
    return _types[code]


def reserve(
    code: str,
    sentence: str,
    log: Log = "billing",
    *,
    kept: Mapping[str, Kind] | None = None,
    changes: bool = False,
) -> None:
    """Keep a name for what the product cannot do yet: documented as `declare` has it, and never recorded."""
    _reserved[code] = _event_type(code, sentence, log, kept or {}, changes)


def _event_type(code: str, sentence: str, log: Log, kept: Mapping[str, Kind], changes: bool) -> EventType:
    if not CODE.fullmatch(code):
        raise ImproperlyConfigured(f'The event code "{code}" is not of the form noun.verb.')
    if code in _types or code in _reserved:
        raise ImproperlyConfigured(f'The event code "{code}" is declared twice.')
    if log not in get_args(Log):
        raise ImproperlyConfigured(f'The event "{code}" is declared for the log "{log}", which does not exist.')
    named = [name for _, name, _, _ in Formatter().parse(sentence) if name is not None]
    if not all(name.isidentifier() for name in named):
        raise ImproperlyConfigured(f'The sentence of "{code}" may hold plain names in braces only: {sentence}')
    fields = {name: TEXT for name in named if name not in ENVELOPE} | dict(kept)
    if wrong := sorted(name for name in fields if not name.isidentifier() or name in NOT_DATA):
        raise ImproperlyConfigured(f'The event "{code}" cannot keep data under the name: {", ".join(wrong)}.')
    return EventType(code, sentence, log, fields, changes)


def declare_link(object_type: str, url_name: str) -> None:
    """Say which page shows an object of this type; the route takes the object's id as its only argument."""
    if object_type in _links:
        raise ImproperlyConfigured(f'The page of "{object_type}" is declared twice.')
    _links[object_type] = url_name


def is_declared(event_type: EventType) -> bool:
    return _types.get(event_type.code) is event_type


def find(code: str) -> EventType | None:
    """The event type of a stored code; None for one this version no longer knows."""
    return _types.get(code)


def event_types(log: Log) -> list[EventType]:
    """All event types of a log, in the order of their codes."""
    return sorted((known for known in _types.values() if known.log == log), key=lambda known: known.code)


def reserved_types(log: Log) -> list[EventType]:
    """The kinds of events of a log that have a name and a sentence and cannot happen yet."""
    return sorted((known for known in _reserved.values() if known.log == log), key=lambda known: known.code)


def linked_types() -> list[str]:
    """The object types that have a page."""
    return sorted(_links)


def link(object_type: str, object_id: str) -> str | None:
    """The address of an object's page, if its type has one."""
    name = _links.get(object_type)
    return reverse(name, args=[object_id]) if name else None
