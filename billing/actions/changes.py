"""What differs between a record and what was entered, as the log keeps it."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.db.models import Model


def set_changed(record: Model, details: Mapping[str, Any]) -> dict[str, list[Any]]:
    """Set every field that differs and say so: {"field": [before, after]}; the caller saves those fields."""
    changes: dict[str, list[Any]] = {}
    for name, value in details.items():
        before = getattr(record, name)
        if before != value:
            setattr(record, name, value)
            changes[name] = [_written(before), _written(value)]
    return changes


def _written(value: Any) -> Any:
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    return str(value) if isinstance(value, Model) else value
