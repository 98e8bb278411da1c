"""JSON in one spelling (RFC 8785), so that the same value always has the same hash."""

import json.encoder
from typing import Any

LARGEST_EXACT = 2**53 - 1
"""Numbers beyond this are not the same in every reader of JSON; RFC 8785 has them written as text."""

_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
_quoted = json.encoder.encode_basestring


def dumps(value: Any) -> str:
    """The canonical text of a value of text, whole numbers up to 2^53 - 1, true, false, null, lists and mappings.

    A float raises TypeError, a larger number ValueError: neither has one spelling everywhere.
    """
    return _encode(_ordered(value))


def size(scalar: str | int | bool | None) -> int:
    """How many bytes the canonical text of a value without parts has."""
    return len(_quoted(scalar).encode()) if isinstance(scalar, str) else len(str(scalar))


def _ordered(value: Any) -> Any:
    """The value with every mapping in the order of its names, compared by UTF-16 code units."""
    if isinstance(value, dict):
        return {name: _ordered(value[name]) for name in sorted(value, key=_utf16)}
    if isinstance(value, list | tuple):
        return [_ordered(part) for part in value]
    if isinstance(value, float):
        raise TypeError(f"Canonical JSON here holds no floats: {value!r}.")
    if isinstance(value, int) and not -LARGEST_EXACT <= value <= LARGEST_EXACT:
        raise ValueError(f"{value} is too large for a number in canonical JSON; pass it as text.")
    return value


def _utf16(name: str) -> bytes:
    return name.encode("utf-16-be")
