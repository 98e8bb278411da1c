from django import forms

from security.text import PlainTextField

LONGEST_NAME = 60
LONGEST_APP_CODE = 12


class AppNameForm(forms.Form):
    name = PlainTextField(
        label="Name",
        max_length=LONGEST_NAME,
        help_text="What you will know it by, such as the phone it is on.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": "Give the app a name."},
    )


class NewAppCodeForm(forms.Form):
    code = PlainTextField(
        label="Code",
        max_length=LONGEST_APP_CODE,
        help_text="The six digits your authenticator app shows now.",
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "numeric", "class": "code-input"}),
        error_messages={"required": "Enter the code your authenticator app shows."},
    )
