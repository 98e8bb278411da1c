"""What people are asked before an act on an invoice or a payment."""

from django import forms

from billing.forms.fields import TextField


class ReasonForm(forms.Form):
    """Why. It stays in the log for good."""

    reason = TextField(
        label="Reason",
        max_length=500,
        help_text="It is kept in the log, where your team can read it.",
        error_messages={"required": "Say why."},
    )


class SendForm(forms.Form):
    message = TextField(
        label="Message",
        max_length=4000,
        multiline=True,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="Stands at the top of the e-mail, above the amount and the link to the invoice.",
    )


class MarkSentForm(forms.Form):
    WAYS = {
        "post": "By post",
        "hand": "Handed over in person",
        "portal": "In the customer's own portal",
        "other": "Otherwise",
    }
    WRITTEN = {"post": "post", "hand": "hand", "portal": "the customer's own portal", "other": "other means"}

    way = forms.ChoiceField(
        label="How it reached the customer",
        choices=list(WAYS.items()),
        widget=forms.RadioSelect,
        error_messages=dict.fromkeys(("required", "invalid_choice"), "Choose how it reached the customer."),
    )

    def written(self) -> str:
        return self.WRITTEN[self.cleaned_data["way"]]
