"""Pages of the API: some records, and the address of those that follow."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.db.models import QuerySet

from billing.api.parameters import AFTER, USUAL, BadParameter
from billing.queries.keyset import Order, following


def page(rows: QuerySet[Any], order: Order, sent: Mapping[str, Any]) -> tuple[list[Any], str | None]:
    """The records the request asks for, and the cursor to go on from; None where nothing follows."""
    try:
        found, position = following(rows, order, after=_opened(sent.get("after", "")), size=sent.get("limit", USUAL))
    except ValueError:
        raise BadParameter(f"The parameter “after” is {AFTER.hint}.") from None
    return found, position and _closed(position)


def answer(records: list[Any], cursor: str | None, path: str, sent: Mapping[str, str]) -> dict[str, Any]:
    """A page as JSON. `next` is at the address of this installation, whatever host was asked: it gets the key too."""
    query = urlencode({name: value for name, value in sent.items() if value} | {"after": cursor})
    return {"data": records, "next": f"{settings.SITE_URL}{path}?{query}" if cursor else None}


def _closed(position: str) -> str:
    return urlsafe_b64encode(position.encode()).decode().rstrip("=")


def _opened(cursor: str) -> str:
    """The position; what no page has written raises ValueError."""
    return urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4)).decode()
