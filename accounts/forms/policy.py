from typing import Any

from django import forms

from accounts.models import Company
from accounts.models.company import (
    LONGEST_IDLE_MINUTES,
    LONGEST_SESSION_HOURS,
    MOST_GRACE_DAYS,
    SHORTEST_IDLE_MINUTES,
    SHORTEST_SESSION_HOURS,
)

WORDS = {
    Company.SecondFactor.OFF: "Off: a password is enough",
    Company.SecondFactor.ADVISED: "Advised: those who have none are reminded",
    Company.SecondFactor.REQUIRED: "Required: from the end of the days of grace nobody works without one",
}


def _number(label: str, least: int, most: int, help_text: str) -> forms.IntegerField:
    sentence = f"Enter a whole number from {least} to {most}."
    return forms.IntegerField(
        label=label,
        min_value=least,
        max_value=most,
        help_text=help_text,
        widget=forms.NumberInput(attrs={"min": least, "max": most}),
        error_messages=dict.fromkeys(("required", "invalid", "min_value", "max_value"), sentence),
    )


class SignInRulesForm(forms.Form):
    second_factor = forms.ChoiceField(
        label="Second factor",
        choices=list(WORDS.items()),
        widget=forms.RadioSelect,
        error_messages=dict.fromkeys(("required", "invalid_choice"), "Choose one of the three."),
    )
    grace_days = _number(
        "Days of grace",
        0,
        MOST_GRACE_DAYS,
        "How long members may go without what you require, from today or from the day they join. 0 is from now on.",
    )
    passkey_for_administrators = forms.BooleanField(
        label="Administrators need a passkey",
        required=False,
        help_text="An authenticator app is not enough for them: its codes can be typed into a false page.",
    )
    idle_minutes = _number(
        "Sign out after minutes without use",
        SHORTEST_IDLE_MINUTES,
        LONGEST_IDLE_MINUTES,
        f"{SHORTEST_IDLE_MINUTES} to {LONGEST_IDLE_MINUTES}. Members are warned two minutes before.",
    )
    session_hours = _number(
        "Sign out after hours, used or not",
        SHORTEST_SESSION_HOURS,
        LONGEST_SESSION_HOURS,
        f"{SHORTEST_SESSION_HOURS} to {LONGEST_SESSION_HOURS}.",
    )

    def __init__(self, data: Any, *, company: Company) -> None:
        super().__init__(data, initial={name: getattr(company, name) for name in self.base_fields})
