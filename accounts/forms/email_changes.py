from django import forms
from django.core.validators import validate_email

from accounts.models.user import normalise_email


class EmailChangeForm(forms.Form):
    new_email = forms.CharField(
        label="New e-mail address",
        max_length=254,
        help_text="We send a letter to this address and one to your present address. Both have to agree.",
        widget=forms.EmailInput(attrs={"autocomplete": "email", "autocapitalize": "none"}),
        error_messages={"required": "Enter the address you want to sign in with."},
    )

    def clean_new_email(self) -> str:
        new_email = normalise_email(self.cleaned_data["new_email"])
        validate_email(new_email)
        return new_email
