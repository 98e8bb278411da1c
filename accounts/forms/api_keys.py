from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from accounts.access import Access
from accounts.permissions import Permission
from accounts.queries.api_keys import api_permissions, permissions_to_give
from audit.forms import DayField
from security.text import PlainTextField

UNTIL_A_DAY = "day"
LASTS = {"30": "30 days", "90": "90 days", "365": "365 days, the longest there is", UNTIL_A_DAY: "Until a day I choose"}
SEES = {"mine": "What I see", "nothing": "Nothing, until its customers are chosen"}
ONE_OF_THESE = dict.fromkeys(("required", "invalid_choice"), "Choose one of these.")


class PermissionsField(forms.MultipleChoiceField):
    """Some of what the maker holds and the API uses; anything else is refused by its words."""

    default_error_messages = {"required": "Choose at least one thing the key may do."}

    def validate(self, value: Sequence[str]) -> None:
        for stored in value:
            if not self.valid_value(stored):
                raise ValidationError(_refusal(stored), code="invalid_choice")
        super().validate(value)

    def clean(self, value: Any) -> list[Permission]:
        return [Permission.of(stored) for stored in super().clean(value)]


class ApiKeyForm(forms.Form):
    name = PlainTextField(
        label="Name",
        max_length=60,
        help_text="What uses it, such as “Nightly export”. The logs name the key so.",
        error_messages={"required": "Give the key a name."},
    )
    permissions = PermissionsField(label="It may", widget=forms.CheckboxSelectMultiple)
    sees = forms.ChoiceField(
        label="Customers it sees",
        choices=list(SEES.items()),
        widget=forms.RadioSelect,
        error_messages=ONE_OF_THESE,
    )
    lasts = forms.ChoiceField(
        label="It works for", choices=list(LASTS.items()), widget=forms.RadioSelect, error_messages=ONE_OF_THESE
    )
    last_day = DayField("Last day")

    def __init__(self, data: Any, *, access: Access, today: date, asked: Mapping[str, Any]) -> None:
        """Begins with what was `asked` of a second person, if they agreed to a key."""
        usual = {"sees": "mine", "lasts": UNTIL_A_DAY if asked else "90"}
        super().__init__(data, initial=usual | {name: asked[name] for name in self.base_fields if name in asked})
        self.today = today
        self.fields["permissions"].choices = [
            (permission.value, f"{permission.sentence[0].upper()}{permission.sentence[1:]}")
            for permission in permissions_to_give(access.membership)
        ]

    def clean(self) -> dict[str, Any]:
        given = self.cleaned_data
        if given.get("lasts") == UNTIL_A_DAY and not given.get("last_day") and "last_day" not in self.errors:
            self.add_error("last_day", "Choose the last day on which the key works.")
        return given

    def last_day_chosen(self) -> date:
        """The last day of a valid form, counted from today on the company's calendar."""
        lasts = self.cleaned_data["lasts"]
        chosen: date = self.cleaned_data["last_day"]
        return chosen if lasts == UNTIL_A_DAY else self.today + timedelta(days=int(lasts))

    @property
    def sees_nothing_yet(self) -> bool:
        return self.cleaned_data["sees"] == "nothing"


def _refusal(stored: str) -> str:
    try:
        permission = Permission.of(stored)
    except ValueError:
        return "One of these is no permission. Choose from the list."
    if permission in api_permissions():
        return f"You cannot give what you do not hold yourself: {permission.sentence}."
    return f"No key may do this, for the API has nothing for it: {permission.sentence}."
