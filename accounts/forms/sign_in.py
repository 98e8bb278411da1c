from typing import Any

from django import forms

from accounts.forms.codes import CodeField
from security.passwords import GREATEST_LENGTH


class FocusedForm(forms.Form):
    """The cursor waits in the first field, unless something is wrong: then that is read first."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if not self.is_bound:
            next(iter(self.fields.values())).widget.attrs["autofocus"] = True


class SignInForm(FocusedForm):
    email = forms.CharField(
        label="E-mail address",
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "username webauthn", "autocapitalize": "none"}),
        error_messages={"required": "Enter the e-mail address of your account."},
    )
    password = forms.CharField(
        label="Password",
        strip=False,
        max_length=GREATEST_LENGTH,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
        error_messages={"required": "Enter your password."},
    )


class CodeForm(FocusedForm):
    code = CodeField()
