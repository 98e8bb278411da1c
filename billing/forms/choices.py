from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Model, QuerySet

MOST_LISTED = 50


class RecordField(forms.ModelChoiceField):
    """One record among those that may be seen; what is none of them, and what is no id at all, are the same mistake."""

    chosen: Any = None

    def __init__(self, *, sentence: str, missing: str = "", **options: Any) -> None:
        messages = {"invalid_choice": sentence, "required": missing or sentence}
        super().__init__(queryset=None, error_messages=messages, **options)

    def to_python(self, value: Any) -> Model | None:
        try:
            return super().to_python(value)
        except ValidationError:
            raise ValidationError(self.error_messages["invalid_choice"], code="invalid_choice") from None

    def offer(self, records: QuerySet[Any], *, nothing: str, chosen: Any) -> None:
        """List the first of the records by name and the chosen one; where scripts run, one types to find any other."""
        self.queryset = records
        listed = dict(records.order_by("name", "id").values_list("pk", "name")[:MOST_LISTED])
        self.chosen = self.peek(chosen)
        if self.chosen is not None:
            listed.setdefault(self.chosen.pk, self.chosen.name)
        self.choices = [("", nothing), *listed.items()]

    def peek(self, value: Any) -> Any:
        """The record the value names, or nothing."""
        try:
            return self.to_python(getattr(value, "pk", value))
        except ValidationError:
            return None
