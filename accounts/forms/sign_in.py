from typing import Any

from django import forms
from django.http import HttpRequest

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


class PasskeyForm:
    """The two hidden fields of `components/passkey.html`; what they hold is judged by `accounts.passkeys` alone."""

    @staticmethod
    def is_sent(request: HttpRequest) -> bool:
        return bool(request.POST.get("passkey"))

    @staticmethod
    def given(request: HttpRequest) -> tuple[str, str]:
        """The answer and the state."""
        return request.POST.get("passkey", ""), request.POST.get("passkey_state", "")
