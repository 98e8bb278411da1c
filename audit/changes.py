"""What changed, field by field, in the form in which the eye finds it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import takewhile
from typing import Any

from audit.values import spoken

LONGEST_IN_A_LINE = 80


@dataclass(frozen=True, slots=True)
class Part:
    """A line of a text, or a member of a list, and whether it is only here."""

    text: str
    differs: bool


@dataclass(frozen=True, slots=True)
class Difference:
    """A field before and after. `before` and `after` are whole; the parts say which lines or members differ."""

    name: str
    before: str
    after: str
    lines_before: Sequence[Part] = field(default=())
    lines_after: Sequence[Part] = field(default=())
    members: Sequence[tuple[str, str]] = field(default=())

    @property
    def is_long(self) -> bool:
        """Whether the values need the whole width, side by side."""
        return bool(self.lines_before or self.lines_after)


def difference(name: str, before: Any, after: Any) -> Difference:
    """How one field changed: lists by their members, long and many-line texts by their lines."""
    words = spoken(before), spoken(after)
    if isinstance(before, list) and isinstance(after, list):
        return Difference(
            name, *words, members=_members([spoken(one) for one in before], [spoken(one) for one in after])
        )
    if any("\n" in text or len(text) > LONGEST_IN_A_LINE for text in words):
        first, second = _lines(*(text.split("\n") for text in words))
        return Difference(name, *words, lines_before=first, lines_after=second)
    return Difference(name, *words)


def _members(before: Sequence[str], after: Sequence[str]) -> list[tuple[str, str]]:
    """Each member once, with "added", "removed" or "kept"; the order is that of the list as it is now."""
    had, has = set(before), set(after)
    removed = [(one, "removed") for one in dict.fromkeys(before) if one not in has]
    return [*((one, "kept" if one in had else "added") for one in dict.fromkeys(after)), *removed]


def _lines(before: Sequence[str], after: Sequence[str]) -> tuple[list[Part], list[Part]]:
    """What stands between the lines that are the same at the beginning and those that are the same at the end."""
    head = _same(before, after)
    tail = _same(before[head:][::-1], after[head:][::-1])
    return _parts(before, head, tail), _parts(after, head, tail)


def _same(before: Sequence[str], after: Sequence[str]) -> int:
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(before, after, strict=False)))


def _parts(lines: Sequence[str], head: int, tail: int) -> list[Part]:
    return [Part(line, head <= place < len(lines) - tail) for place, line in enumerate(lines)]
