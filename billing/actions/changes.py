"""What differs between a record and what was entered, written, and as the log keeps it."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.db.models import Model

from billing.models import Customer, CustomField, CustomFieldValue


def set_changed(record: Model, details: Mapping[str, Any]) -> dict[str, list[Any]]:
    """Set every field that differs and say so: {"field": [before, after]}; the caller saves those fields."""
    changes: dict[str, list[Any]] = {}
    for name, value in details.items():
        before = getattr(record, name)
        if before != value:
            setattr(record, name, value)
            changes[name] = [_written(before), _written(value)]
    return changes


def set_values(customer: Customer, values: Mapping[CustomField, str]) -> dict[str, list[Any]]:
    """Write what differs in the company's own fields, and say so by the names of the fields; no text is no value."""
    kept = {one.field_id: one for one in CustomFieldValue.objects.filter(customer=customer, field__in=list(values))}
    changes: dict[str, list[Any]] = {}
    for field, value in values.items():
        before = kept[field.pk].value if field.pk in kept else ""
        if before == value:
            continue
        changes[field.name] = [before, value]
        if not value:
            kept[field.pk].delete()
        elif field.pk in kept:
            CustomFieldValue.objects.filter(pk=kept[field.pk].pk).update(value=value)
        else:
            CustomFieldValue.objects.create(company_id=customer.company_id, customer=customer, field=field, value=value)
    return changes


def _written(value: Any) -> Any:
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    return str(value) if isinstance(value, Model) else value
