"""Every kind of event there is, declared at start by the app that owns it, with the sentence people read."""

import re
from dataclasses import dataclass
from string import Formatter
from typing import Any, Literal

from django.core.exceptions import ImproperlyConfigured
from django.urls import reverse

from audit.values import visible

Log = Literal["billing", "security"]
CODE = re.compile(r"[a-z][a-z_]*\.[a-z][a-z_]*")
UNKNOWN = "…"


@dataclass(frozen=True, slots=True)
class EventType:
    """One kind of event. The sentence follows the name of the actor: "issued invoice {target}"."""

    code: str
    sentence: str
    log: Log
    fields: frozenset[str]

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
_links: dict[str, str] = {}


def declare(code: str, sentence: str, log: Log = "billing") -> EventType:
    """Make a kind of event known. Its sentence may name {target}, {reason} and the data recorded with it."""
    if not CODE.fullmatch(code):
        raise ImproperlyConfigured(f'The event code "{code}" is not of the form noun.verb.')
    if code in _types:
        raise ImproperlyConfigured(f'The event code "{code}" is declared twice.')
    if log not in ("billing", "security"):
        raise ImproperlyConfigured(f'The event "{code}" is declared for the log "{log}", which does not exist.')
    fields = frozenset(field for _, field, _, _ in Formatter().parse(sentence) if field is not None)
    if not all(field.isidentifier() for field in fields):
        raise ImproperlyConfigured(f'The sentence of "{code}" may hold plain names in braces only: {sentence}')
    _types[code] = EventType(code, sentence, log, fields - {"target", "reason"})
    return _types[code]


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


def linked_types() -> list[str]:
    """The object types that have a page."""
    return sorted(_links)


def link(object_type: str, object_id: str) -> str | None:
    """The address of an object's page, if its type has one."""
    name = _links.get(object_type)
    return reverse(name, args=[object_id]) if name else None
