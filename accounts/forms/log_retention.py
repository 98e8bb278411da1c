from django import forms

from audit.models.settings import LONGEST_MONTHS, SHORTEST_MONTHS

SENTENCE = f"Enter a whole number from {SHORTEST_MONTHS} to {LONGEST_MONTHS}."


class LogRetentionForm(forms.Form):
    """For how long entries say what they say; what would be lost is confirmed on a page of its own."""

    kept_months = forms.IntegerField(
        label="Months",
        min_value=SHORTEST_MONTHS,
        max_value=LONGEST_MONTHS,
        help_text=f"{SHORTEST_MONTHS} to {LONGEST_MONTHS}. Older entries keep their place, time and kind.",
        widget=forms.NumberInput(attrs={"min": SHORTEST_MONTHS, "max": LONGEST_MONTHS}),
        error_messages=dict.fromkeys(("required", "invalid", "min_value", "max_value"), SENTENCE),
    )
    confirmed = forms.BooleanField(required=False, widget=forms.HiddenInput)
