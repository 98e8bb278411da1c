"""What customers, items and the company profile are described with, each with the sentences that help to correct it."""

import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Model

from billing import terms
from billing.countries import COUNTRIES
from billing.currencies import CURRENCIES
from security.text import PlainTextField, clean_text, validate_plain_text

COLOUR = re.compile(r"#?[0-9a-fA-F]{6}", re.ASCII)


class TextField(PlainTextField):
    default_error_messages = {
        "max_length": "Shorten this to at most %(limit_value)d characters. It has %(show_value)d.",
    }


class AddressOfMailField(forms.EmailField):
    default_error_messages = {
        "invalid": "Write an e-mail address such as ana@acme.example.",
        "max_length": "An e-mail address has at most %(limit_value)d characters.",
    }

    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=254, **options)
        self.error_messages["invalid"] = self.default_error_messages["invalid"]

    def to_python(self, value: Any) -> str:
        return clean_text(super().to_python(value) or "")

    def run_validators(self, value: str) -> None:
        validate_plain_text(value)
        super().run_validators(value)


class CurrencyCodeField(TextField):
    """A currency by its three letters, typed, for a filter."""

    def __init__(self, **options: Any) -> None:
        usual: dict[str, Any] = {"label": "Currency", "max_length": 10, "required": False}
        super().__init__(**usual | options)

    def clean(self, value: Any) -> str:
        code = str(super().clean(value)).upper()
        if code and code not in CURRENCIES:
            raise ValidationError("This currency is not known. Write its three letters, such as EUR.")
        return code


class CurrencyField(forms.ChoiceField):
    default_error_messages = {"invalid_choice": "This currency is not known. Choose one from the list."}

    def __init__(self, **options: Any) -> None:
        choices = [(code, f"{code} · {currency.name}") for code, currency in CURRENCIES.items()]
        super().__init__(choices=choices, **options)


class CountryField(forms.ChoiceField):
    default_error_messages = {"invalid_choice": "This country is not known. Choose one from the list."}

    def __init__(self, **options: Any) -> None:
        by_name = sorted(COUNTRIES.items(), key=lambda country: country[1])
        super().__init__(choices=[("", "—"), *by_name], required=False, **options)


class TermsField(TextField):
    """Payment terms as people write them, kept in the one way they are written here."""

    def __init__(self, **options: Any) -> None:
        hint = "NET 30, Due on receipt, EOM + 15 or 2% 10 NET 30."
        super().__init__(max_length=terms.LONGEST_INPUT, help_text=hint, **options)

    def clean(self, value: Any) -> str:
        written = super().clean(value)
        try:
            return terms.parse(written).label if written else ""
        except terms.TermsError as refusal:
            raise ValidationError(str(refusal)) from refusal


class ColourField(forms.CharField):
    """A colour as # and six hexadecimal digits."""

    def clean(self, value: Any) -> str:
        written = super().clean(value)
        if not COLOUR.fullmatch(written):
            raise ValidationError("Write the colour as # and six hexadecimal digits, such as #1f5eff.")
        return f"#{written.removeprefix('#').lower()}"


class SomeOfField(forms.ModelMultipleChoiceField):
    """Records chosen from a list; an id that is none is refused like one that is not in the list."""

    def clean(self, value: Any) -> Any:
        try:
            return super().clean(value)
        except ValidationError as refusal:
            code = "required" if refusal.code == "required" else "invalid_choice"
            raise ValidationError(self.error_messages[code], code=code) from refusal


class RecordForm(forms.Form):
    """Describes one record: starts from what is known, and gives back what was entered, by field."""

    def __init__(self, data: Any = None, *, record: Model | None = None, **options: Any) -> None:
        known = {name: getattr(record, name) for name in self.base_fields if hasattr(record, name)} if record else {}
        super().__init__(data, initial=known | options.pop("initial", {}), **options)

    def details(self) -> dict[str, Any]:
        return dict(self.cleaned_data)
