"""What may be stored in an entry, and how it is shown: values as they were, never able to mislead or to leak."""

import datetime
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from audit.canonical import LARGEST_EXACT, size
from security import keyring

LONGEST_VALUE = 10_000
LONGEST_LIST = 1_000
LONGEST_NAME = 200
DEEPEST = 8
LARGEST_FIELD = 64 * 1024
"""Bytes of canonical JSON in the data of an entry, and as many in its changes."""
FOR_MARKS = 1024
"""So many of them are left for the marks that say what was cut."""
BYTES_A_CHARACTER = 6
BRACKETS = 2
INEXACT = (float, bytes, bytearray, memoryview)
WITH_PARTS = (list, tuple, dict, set, frozenset, Mapping)
CUT = "… (cut)"
SECRET_WORDS = {"password", "passphrase", "secret", "token", "key", "seed", "otp", "pin", "cvc", "cvv"}
UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
MISLEADING = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]")


@dataclass(slots=True)
class Room:
    """How many bytes of canonical JSON may still be kept."""

    left: int = LARGEST_FIELD - FOR_MARKS

    def take(self, bytes_of_json: int) -> bool:
        """Whether there was room for so much, with the comma or colon after it."""
        self.left -= bytes_of_json + 1
        return self.left >= 0


def text(value: Any, longest: int = LONGEST_VALUE) -> str:
    """The value as text a database accepts: without NUL and lone surrogates, cut where it is too long."""
    result = _storable(value)
    return result if len(result) <= longest else f"{result[: longest - 1]}…"


def long_text(value: Any, longest: int = LONGEST_VALUE) -> str:
    """Text that says how long it was when it was cut."""
    result = _storable(value)
    return result if len(result) <= longest else f"{result[:longest]}… (cut, {len(result):,} characters)"


def plain(value: Any, room: Room | None = None, depth: int = 0) -> Any:
    """The value in the words of JSON. Amounts, ids and days become text; a float is refused because it is not exact.

    What there is no room for is cut and says so. Raises TypeError for floats and bytes, which nobody types.
    """
    room = room or Room()
    if isinstance(value, str):
        return _kept(long_text(value), room)
    if isinstance(value, INEXACT):
        kind = type(value).__name__
        raise TypeError(f"An entry cannot hold the {kind} {value!r:.100}: pass an integer, a Decimal or text.")
    if isinstance(value, WITH_PARTS):
        if depth >= DEEPEST or not room.take(BRACKETS):
            return CUT
        if isinstance(value, Mapping):
            return plain_mapping(value, room, depth + 1)
        return _plain_list(value, room, depth + 1)
    if value is None or isinstance(value, bool) or (isinstance(value, int) and abs(value) <= LARGEST_EXACT):
        return _kept(value, room)
    return _kept(long_text(_written(value)), room)


def plain_mapping(values: Mapping[str, Any], room: Room | None = None, depth: int = 0) -> dict[str, Any]:
    """Named values for storing; one whose name says it is secret is stored as its fingerprint."""
    room = room or Room()
    kept: dict[str, Any] = {}
    for given, value in values.items():
        name = _name(given, kept)
        if len(kept) >= LONGEST_LIST or not room.take(size(name)):
            kept["…"] = f"cut, {len(values):,} names"
            break
        kept[name] = plain(_fingerprints(value) if is_secret(str(given)) else value, room, depth)
    return kept


def plain_pairs(changes: Mapping[str, Any]) -> dict[str, Any]:
    """Changed fields for storing, each still a value before and a value after, however much there is of it."""
    room = Room()
    kept: dict[str, Any] = {}
    for given, (before, after) in changes.items():
        name = _name(given, kept)
        if len(kept) >= LONGEST_LIST or not room.take(size(name)):
            kept["…"] = [None, f"cut, {len(changes):,} names"]
            break
        is_hidden = is_secret(str(given))
        kept[name] = [plain(_fingerprints(value) if is_hidden else value, room) for value in (before, after)]
    return kept


def _plain_list(values: Any, room: Room, depth: int) -> list[Any]:
    ordered = sorted(values, key=str) if isinstance(values, set | frozenset) else values
    kept: list[Any] = []
    for value in ordered[:LONGEST_LIST]:
        if room.left <= 0:
            break
        kept.append(plain(value, room, depth))
    if len(kept) < len(ordered):
        kept.append(f"… (cut, {len(ordered):,} entries)")
    return kept


def _kept(value: Any, room: Room) -> Any:
    """The value, or as much of it as there is room for."""
    before = room.left
    if room.take(size(value)):
        return value
    if not isinstance(value, str):
        return CUT
    return f"{value[: max(0, before) // BYTES_A_CHARACTER]}… (cut, {len(value):,} characters)"


def _name(given: Any, kept: Mapping[str, Any]) -> str:
    """The name as it is kept: two that differ stay two, though what tells them apart was cut."""
    name = text(given, LONGEST_NAME)
    while name in kept:
        name += "…"
    return name


def _storable(value: Any) -> str:
    result = str(value)
    return result if result.isascii() and "\x00" not in result else UNSTORABLE.sub("", result)


def _written(value: Any) -> Any:
    """A day or an instant as ISO 8601 has it; a number in sixteens where Python refuses to write so many digits."""
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat()
    try:
        return str(value)
    except ValueError:
        return hex(value)


def is_secret(name: str) -> bool:
    """Whether a name such as `api_key` or `new_password` announces a secret."""
    return _announces_secret(name) if len(name) <= LONGEST_NAME else _announces_secret.__wrapped__(name)


@lru_cache(maxsize=1_000)
def _announces_secret(name: str) -> bool:
    words = re.split("[^a-z]+", name.lower())
    return any(word in SECRET_WORDS or word.removesuffix("s") in SECRET_WORDS for word in words)


def _fingerprints(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return [None if part is None else fingerprint(part) for part in value]
    return None if value is None else fingerprint(value)


def fingerprint(secret: Any) -> str:
    """A keyed hash that shows whether a secret changed, and nothing else about it.

    Its key comes from ENCRYPTION_KEYS and is named in it, so that two entries can be compared for as long as that key
    is kept, whatever becomes of SECRET_KEY.
    """
    key_id, _, digest = keyring.fingerprint(_storable(secret), "audit.entry").partition(":")
    return f"fingerprint:{key_id}:{digest[:16]}"


def spoken(value: Any) -> str:
    """A stored value as people read it, on several lines if it has them."""
    if value is None or value == "":
        return "—"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(spoken(part) for part in value)
    if isinstance(value, dict):
        return ", ".join(f"{spoken(name)}: {spoken(part)}" for name, part in value.items())
    return visible(str(value), keep="\n")


def visible(stored: str, keep: str = "") -> str:
    """Stored text for the screen: control characters and those that reverse the reading order are spelled out."""
    return MISLEADING.sub(lambda found: found[0] if found[0] in keep else _escape(found[0]), stored)


def _escape(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")
