from django import forms
from django.http import HttpRequest

from security.text import PlainTextField

LONGEST_NAME = 60


class PasskeyNameForm(forms.Form):
    name = PlainTextField(
        label="Name",
        max_length=LONGEST_NAME,
        help_text="What you will know it by: the device or the password manager that keeps it.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": "Give the passkey a name."},
    )


def sent_passkey(request: HttpRequest) -> tuple[str, str]:
    """The answer and the state that `components/passkey.html` sends, to be judged by `accounts.passkeys`."""
    return request.POST.get("passkey", ""), request.POST.get("passkey_state", "")
