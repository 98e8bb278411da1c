"""The way to the customer's door, which stands in an app above this one and is declared by it at start."""

from collections.abc import Callable
from datetime import datetime

from billing.models import Invoice

Maker = Callable[[Invoice, str, datetime], str]
_makers: list[Maker] = []


def declare_portal_link(make: Maker) -> None:
    """`make(invoice, recipient address, at)` returns a new secret address that opens this invoice."""
    _makers[:] = [make]


def portal_link(invoice: Invoice, recipient: str, at: datetime) -> str:
    [make] = _makers
    return make(invoice, recipient, at)
