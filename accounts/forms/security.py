from typing import Any

from django import forms
from django.contrib.auth.password_validation import validate_password

from accounts.models import User
from security.passwords import GREATEST_LENGTH, LEAST_LENGTH


class ConfirmPasswordForm(forms.Form):
    current = forms.CharField(
        label="Current password",
        strip=False,
        max_length=GREATEST_LENGTH,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
        error_messages={"required": "Enter your current password."},
    )


class ChangePasswordForm(ConfirmPasswordForm):
    new = forms.CharField(
        label="New password",
        strip=False,
        help_text=(
            f"At least {LEAST_LENGTH} characters. Several unrelated words are easy to remember and hard to guess."
        ),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        error_messages={"required": "Enter the password you want from now on."},
    )

    def __init__(self, *args: Any, user: User, **options: Any) -> None:
        super().__init__(*args, **options)
        self.user = user

    def clean_new(self) -> str:
        new: str = self.cleaned_data["new"]
        validate_password(new, self.user)
        return new
