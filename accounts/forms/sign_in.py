from django import forms

from security.passwords import GREATEST_LENGTH
from security.text import PlainTextField

LONGEST_CODE = 40


class SignInForm(forms.Form):
    email = forms.CharField(
        label="E-mail address",
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "username", "autofocus": True, "autocapitalize": "none"}),
        error_messages={"required": "Enter the e-mail address of your account."},
    )
    password = forms.CharField(
        label="Password",
        strip=False,
        max_length=GREATEST_LENGTH,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
        error_messages={"required": "Enter your password."},
    )


class CodeForm(forms.Form):
    """A code from the authenticator app or a recovery code: what was typed tells which."""

    code = PlainTextField(
        label="Code",
        max_length=LONGEST_CODE,
        help_text="Six digits from your authenticator app, or one of your recovery codes.",
        widget=forms.TextInput(
            attrs={
                "autocomplete": "one-time-code",
                "autofocus": True,
                "autocapitalize": "characters",
                "spellcheck": "false",
            }
        ),
        error_messages={"required": "Enter the code."},
    )
