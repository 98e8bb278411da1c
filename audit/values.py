"""What may be stored in an entry, and how it is shown: values as they were, never able to mislead or to leak."""

import datetime
import re
from collections.abc import Mapping
from typing import Any

from django.utils.crypto import salted_hmac

from audit.canonical import LARGEST_EXACT

LONGEST_VALUE = 10_000
LONGEST_LIST = 1_000
SECRET_WORDS = {"password", "passphrase", "secret", "token", "key", "seed", "otp", "pin", "cvc", "cvv"}
UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
MISLEADING = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]")


def text(value: Any, longest: int = LONGEST_VALUE) -> str:
    """The value as text a database accepts: without NUL and lone surrogates, cut where it is too long."""
    result = str(value)
    if not result.isascii() or "\x00" in result:
        result = UNSTORABLE.sub("", result)
    return result[:longest]


def long_text(value: Any) -> str:
    """Text that says so when it was cut."""
    result = text(value, longest=LONGEST_VALUE + 1)
    if len(result) <= LONGEST_VALUE:
        return result
    return f"{result[:LONGEST_VALUE]}… (cut, {len(str(value)):,} characters)"


def plain(value: Any) -> Any:
    """The value in the words of JSON. Amounts, ids and days become text; a float is refused because it is not exact."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        return value if abs(value) <= LARGEST_EXACT else str(value)
    if isinstance(value, str):
        return long_text(value)
    if isinstance(value, float):
        raise TypeError(f"An entry cannot hold the float {value!r}: pass an integer, a Decimal or text.")
    if isinstance(value, Mapping):
        return plain_mapping(value)
    if isinstance(value, list | tuple | set | frozenset):
        return _plain_list(list(value))
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat()
    return long_text(value)


def plain_mapping(values: Mapping[str, Any]) -> dict[str, Any]:
    """Named values for storing; one whose name says it is secret is stored as its fingerprint."""
    return {text(name): _fingerprints(value) if is_secret(name) else plain(value) for name, value in values.items()}


def _plain_list(values: list[Any]) -> list[Any]:
    kept = [plain(value) for value in values[:LONGEST_LIST]]
    if len(values) > LONGEST_LIST:
        kept.append(f"… (cut, {len(values):,} entries)")
    return kept


def is_secret(name: str) -> bool:
    """Whether a name such as `api_key` or `new_password` announces a secret."""
    return any(
        word in SECRET_WORDS or word.removesuffix("s") in SECRET_WORDS for word in re.split("[^a-z]+", name.lower())
    )


def _fingerprints(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return [_fingerprints(part) for part in value]
    return None if value is None else fingerprint(value)


def fingerprint(secret: Any) -> str:
    """A keyed hash that shows whether a secret changed, and nothing else about it."""
    return "fingerprint:" + salted_hmac("audit.fingerprint", str(secret), algorithm="sha256").hexdigest()[:16]


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
