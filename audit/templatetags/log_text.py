"""What an entry says, for showing in a log."""

from datetime import timedelta
from typing import Any

from django import template

from audit import values

register = template.Library()
APART = timedelta(hours=1)


@register.filter
def visible(text: str) -> str:
    """Spell out characters that would hide or reverse what stands there."""
    return values.visible(text, keep="\n")


@register.filter
def other_time(entry: Any) -> str:
    """Whether an entry bears "an earlier" or "a later" time than it was sealed at, by over an hour; else nothing."""
    apart = entry.place.sealed_at - entry.at if entry.place else timedelta(0)
    if abs(apart) <= APART:
        return ""
    return "an earlier" if apart > timedelta(0) else "a later"
