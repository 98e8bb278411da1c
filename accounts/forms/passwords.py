from typing import Any

from django import forms
from django.urls import reverse_lazy

from security.passwords import GREATEST_LENGTH, LEAST_LENGTH, RULES


class NewPasswordField(forms.CharField):
    """A password to be, taken as typed to the last space. The action that stores it says what is wrong with it."""

    def __init__(self, **options: Any) -> None:
        widget = forms.PasswordInput(
            attrs={
                "autocomplete": "new-password",
                "passwordrules": RULES,
                "data-password": True,
                "data-strength-url": reverse_lazy("accounts:password_strength"),
            }
        )
        given: dict[str, Any] = {
            "label": "New password",
            "strip": False,
            "help_text": (
                f"At least {LEAST_LENGTH} characters. Several unrelated words are easy to remember and hard to guess."
            ),
            "widget": widget,
            "error_messages": {"required": "Enter the password you want from now on."},
        }
        super().__init__(**given | options)


class ChangePasswordForm(forms.Form):
    current = forms.CharField(
        label="Current password",
        strip=False,
        max_length=GREATEST_LENGTH,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password", "data-password": True}),
        error_messages={"required": "Enter your current password."},
    )
    new = NewPasswordField()


class ForgotPasswordForm(forms.Form):
    email = forms.EmailField(
        label="E-mail address",
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "username", "autocapitalize": "none"}),
        error_messages={
            "required": "Enter the e-mail address of your account.",
            "invalid": "This is not an e-mail address. Write it as in ana@acme.example.",
        },
    )


class ResetPasswordForm(forms.Form):
    new = NewPasswordField()
