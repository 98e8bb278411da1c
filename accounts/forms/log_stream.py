from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from security import destinations

FROM_THE_START, FROM_NOW = "start", "now"
STARTS = {
    FROM_THE_START: "The first entry there is",
    FROM_NOW: "What comes from now on",
}


class AddressForm(forms.Form):
    """Where the stream goes."""

    url = forms.CharField(
        label="Address",
        max_length=destinations.LONGEST,
        widget=forms.URLInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        help_text="https only, such as https://siem.example.com/intake. It is kept encrypted.",
        error_messages={"required": "Enter the address of the endpoint."},
    )

    def clean_url(self) -> str:
        try:
            return str(destinations.parse(self.cleaned_data["url"]))
        except destinations.AddressRefused as refusal:
            raise ValidationError(str(refusal)) from None


class SetUpForm(AddressForm):
    start = forms.ChoiceField(
        label="Begin with",
        choices=list(STARTS.items()),
        initial=FROM_THE_START,
        widget=forms.RadioSelect,
        error_messages=dict.fromkeys(("required", "invalid_choice"), "Choose one of the two."),
    )


class ResumeForm(forms.Form):
    """From which entry on a paused stream goes on."""

    number = forms.IntegerField(label="Go on with entry")

    def __init__(self, data: Any, *, next_number: int, last: int) -> None:
        super().__init__(data, initial={"number": next_number})
        end = max(last + 1, next_number)
        field, sentence = self.fields["number"], f"Enter a whole number from 1 to {end:,}."
        field.min_value, field.max_value = 1, end
        field.widget.attrs |= {"min": 1, "max": end}
        field.error_messages |= dict.fromkeys(("required", "invalid"), sentence)
        field.help_text = (
            f"It stopped before {next_number:,}, and {last:,} is the last there is. What was sent can be sent again."
        )
        self.sentence = sentence

    def clean_number(self) -> int:
        number = self.cleaned_data["number"]
        field = self.fields["number"]
        if not field.min_value <= number <= field.max_value:
            raise ValidationError(self.sentence)
        return number
