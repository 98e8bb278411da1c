from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from billing import custom_values
from billing.custom_values import LONGEST_TEXT, ValueRefused
from billing.forms.fields import RecordForm, TextField
from billing.models import Customer, CustomField
from security.text import clean_text

MOST_CHOICES = 100
LAST_POSITION = 999
USUAL = {
    name.lower() for field in Customer._meta.get_fields() for name in (field.name, getattr(field, "verbose_name", ""))
} | {"e-mail", "terms", "customer", "balance", "overdue", "outstanding"}


class ValueField(TextField):
    """A value of one of the company's own fields, cleaned into the one way it is kept; `allowed` narrows it."""

    def __init__(
        self,
        field: CustomField,
        *,
        allowed: Sequence[str] = (),
        kept: str = "",
        nothing: str = "—",
        **options: Any,
    ) -> None:
        self.kind, self.nothing = field.kind, nothing
        self.choices = list(allowed) or [*field.choices, *([kept] if kept and kept not in field.choices else [])]
        self.narrowed = bool(allowed)
        usual: dict[str, Any] = {"label": field.name, "required": False, "max_length": LONGEST_TEXT}
        super().__init__(**usual | {"widget": self._fitting_widget()} | options)

    def clean(self, value: Any) -> str:
        text = super().clean(value)
        try:
            written = custom_values.parse(self.kind, text, self.choices)
        except ValueRefused as refusal:
            raise ValidationError(str(refusal)) from refusal
        if self.narrowed and written and written not in self.choices:
            raise ValidationError("Choose one from the list.")
        return written

    def _fitting_widget(self) -> forms.Widget:
        if self.kind == CustomField.Kind.CHOICE or self.narrowed:
            shown = [(value, custom_values.shown(self.kind, value)) for value in self.choices]
            return forms.Select(choices=[("", self.nothing), *shown])
        if self.kind == CustomField.Kind.NUMBER:
            return forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"})
        if self.kind == CustomField.Kind.DATE:
            return forms.DateInput(attrs={"type": "date"})
        return forms.TextInput(attrs={"autocomplete": "off"})


def input_name(field: CustomField) -> str:
    """What the value of this field is called in forms and addresses."""
    return f"field-{field.pk}"


class CustomFieldForm(RecordForm):
    name = TextField(
        label="Name",
        max_length=60,
        help_text="As it stands on the customer's page, such as Region.",
        error_messages={"required": "Enter the name of the field."},
    )
    kind = forms.ChoiceField(
        label="Kind",
        choices=CustomField.Kind.choices,
        help_text="It stays as it is once customers have something in the field.",
        error_messages=dict.fromkeys(("required", "invalid_choice"), "Choose text, number, date or choice."),
    )
    choices = TextField(
        label="Choices",
        multiline=True,
        max_length=MOST_CHOICES * (LONGEST_TEXT + 1),
        required=False,
        help_text="For a choice only: one on each line, in the order in which they are offered.",
        widget=forms.Textarea(attrs={"rows": 6}),
    )
    position = forms.IntegerField(
        label="Order",
        min_value=0,
        max_value=LAST_POSITION,
        help_text="Fields stand in this order, the lowest first.",
        error_messages=dict.fromkeys(
            ("required", "invalid", "min_value", "max_value"), f"Enter a whole number from 0 to {LAST_POSITION}."
        ),
    )
    in_list = forms.BooleanField(label="Shown in the list of customers, which can be filtered by it", required=False)

    def __init__(self, data: Any = None, *, record: CustomField | None = None, position: int = 0) -> None:
        known = {"choices": "\n".join(record.choices)} if record else {"position": position}
        super().__init__(data, record=record, initial=known)

    def clean_name(self) -> str:
        name = str(self.cleaned_data["name"])
        if name.lower() in USUAL:
            raise ValidationError(f"Customers have “{name}” already. Choose another name.")
        return name

    def clean_choices(self) -> list[str]:
        """The lines, without empty ones, for a choice alone."""
        if self.cleaned_data.get("kind") != CustomField.Kind.CHOICE:
            return []
        choices = [line for line in map(clean_text, self.cleaned_data["choices"].split("\n")) if line]
        if not choices:
            raise ValidationError("Write at least one choice.")
        if len(choices) > MOST_CHOICES:
            raise ValidationError(f"A field has at most {MOST_CHOICES} choices. These are {len(choices)}.")
        if too_long := next((choice for choice in choices if len(choice) > LONGEST_TEXT), None):
            raise ValidationError(f"Shorten “{too_long[:40]}…” to at most {LONGEST_TEXT} characters.")
        seen: set[str] = set()
        for choice in choices:
            if choice.lower() in seen:
                raise ValidationError(f"“{choice}” stands there twice. Keep one of them.")
            seen.add(choice.lower())
        return choices
