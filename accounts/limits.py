"""Amounts an act may move, as people write them: whole units by currency, such as "500 EUR, 600 USD"."""

import re
from collections.abc import Mapping

LONGEST = 400
LARGEST = 10**12

known_currencies: set[str] = set()
"""The codes of the currencies there are; the app that counts money adds them at start-up."""

_PART = re.compile(r"(?P<units>[0-9]{1,13}) ?(?P<currency>[A-Z]{3})|(?P<before>[A-Z]{3}) ?(?P<after>[0-9]{1,13})")


def parse(text: str) -> dict[str, int]:
    """The amounts somebody wrote, {} for none. ValueError names, in a sentence, the part that is not understood."""
    limits: dict[str, int] = {}
    if len(text) > LONGEST:
        raise ValueError(f"Write at most {LONGEST} characters.")
    for part in filter(None, (part.strip() for part in re.split(r"[,;\n]", text))):
        currency, units = _read(part)
        if currency in limits:
            raise ValueError(f"{currency} stands there twice. Write one amount for each currency.")
        limits[currency] = units
    return limits


def written(limits: Mapping[str, int]) -> str:
    """The amounts as `parse` reads them."""
    return ", ".join(f"{units} {currency}" for currency, units in sorted(limits.items()))


def _read(part: str) -> tuple[str, int]:
    found = _PART.fullmatch(part.upper())
    if not found:
        raise ValueError(f"“{part}” is not understood. Write whole amounts with their currency, such as 500 EUR.")
    currency, units = found["currency"] or found["before"], int(found["units"] or found["after"])
    if currency not in known_currencies:
        raise ValueError(f"“{currency}” in “{part}” is no currency. Write its three-letter code, such as EUR or USD.")
    if units > LARGEST:
        raise ValueError(f"“{part}” is too much: write at most {LARGEST} {currency}.")
    return currency, units
