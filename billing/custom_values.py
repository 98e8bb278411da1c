"""Values of a company's own fields: read as people type them, kept in one way, shown in another.

A number is kept as 12.5 and a day as 2026-03-12, so that equal values are equal texts.
"""

import datetime
import re
from collections.abc import Collection
from decimal import Decimal

from billing.formats import day, number

LONGEST_TEXT = 200
MOST_DIGITS, MOST_PLACES = 15, 6
FIRST_YEAR, LAST_YEAR = 1900, 2199

_NUMBER = re.compile(r"(?P<sign>[+-]?)(?P<whole>[0-9]+|[0-9]{1,3}(?:,[0-9]{3})+)(?:\.(?P<part>[0-9]*))?", re.ASCII)
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)


class ValueRefused(ValueError):
    """What was typed is no value of the field; the text is the sentence that says how to write one."""


def parse(kind: str, text: str, choices: Collection[str] = ()) -> str:
    """The one way the value is kept; nothing for nothing."""
    text = text.strip()
    if not text:
        return ""
    if kind == "number":
        return _number(text)
    if kind == "date":
        return _day(text).isoformat()
    if kind == "choice" and text not in choices:
        raise ValueRefused("Choose one from the list.")
    if len(text) > LONGEST_TEXT:
        raise ValueRefused(f"Shorten this to at most {LONGEST_TEXT} characters. It has {len(text)}.")
    return text


def shown(kind: str, value: str) -> str:
    """A kept value as people read it: 1,234.5 and 12 Mar 2026; nothing for nothing."""
    if kind == "number" and value:
        return number(Decimal(value))
    if kind == "date" and value:
        return day(datetime.date.fromisoformat(value))
    return value


def _number(text: str) -> str:
    found = _NUMBER.fullmatch(text.replace("\N{MINUS SIGN}", "-"))
    if found is None:
        raise ValueRefused("This is not a number. Write digits, with a point before the decimals, like 12.5.")
    whole = found["whole"].replace(",", "").lstrip("0") or "0"
    part = (found["part"] or "").rstrip("0")
    if len(whole) > MOST_DIGITS or len(part) > MOST_PLACES:
        raise ValueRefused(f"A number has at most {MOST_DIGITS} digits, and {MOST_PLACES} after the point.")
    written = f"{whole}.{part}" if part else whole
    return f"-{written}" if found["sign"] == "-" and written != "0" else written


def _day(text: str) -> datetime.date:
    try:
        found = datetime.date.fromisoformat(text if _DAY.fullmatch(text) else "")
    except ValueError:
        raise ValueRefused("This is not a day of the calendar. Write it like 2026-03-12.") from None
    if not FIRST_YEAR <= found.year <= LAST_YEAR:
        raise ValueRefused(f"Choose a day between {FIRST_YEAR} and {LAST_YEAR}.")
    return found
