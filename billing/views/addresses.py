"""Addresses of the same list, looked at another way."""

from typing import Any
from uuid import UUID

from django.http import QueryDict
from django.urls import reverse

POSITION = ("after", "before")
NOBODY = UUID(int=0)


def changed(query: QueryDict, **changes: Any) -> str:
    """The same page with some of its parameters changed, or left out where the new value is None."""
    kept = query.copy()
    for name in (*POSITION, *changes):
        kept.pop(name, None)
    kept.update({name: value for name, value in changes.items() if value is not None})
    return f"?{kept.urlencode()}" if kept else "?"


def stem(route: str) -> tuple[str, str]:
    """What stands before and after the id in the addresses of a route, so that a list asks for them once."""
    before, _, after = reverse(route, args=[NOBODY]).partition(str(NOBODY))
    return before, after
