from typing import Any

from django import forms
from django.http import HttpRequest

from accounts.forms.codes import CodeField
from accounts.queries.factors import Kinds
from security.passwords import GREATEST_LENGTH

PREFIX = "confirm"
SECRET_FIELDS = ("current", "new", "password", "csrfmiddlewaretoken")


class ConfirmForm(forms.Form):
    """Who is there: a passkey or a code of those who have one, else the password.

    Stands in place of the form it interrupts, so its own fields carry a prefix.
    """

    password = forms.CharField(
        label="Your password",
        strip=False,
        max_length=GREATEST_LENGTH,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password", "autofocus": True}),
        error_messages={"required": "Enter your password."},
    )
    code = CodeField()
    state = forms.CharField(required=False, widget=forms.HiddenInput)
    answer = forms.CharField(required=False, widget=forms.HiddenInput)
    interrupted = forms.ChoiceField(choices=[("GET", "GET"), ("POST", "POST")], widget=forms.HiddenInput)

    def __init__(self, data: Any, *, kinds: Kinds, interrupted: str) -> None:
        super().__init__(data, prefix=PREFIX, initial={"interrupted": interrupted})
        del self.fields["code" if not kinds else "password"]
        if kinds.passkey:
            self.fields["code"].error_messages["required"] = "Enter a code, or use a passkey."

    @staticmethod
    def is_sent(request: HttpRequest) -> bool:
        """Whether this request answers the question who is there."""
        return request.method == "POST" and f"{PREFIX}-interrupted" in request.POST

    def clean(self) -> None:
        """Whoever used a passkey needs no code."""
        if self.cleaned_data.get("answer"):
            self.errors.pop("code", None)

    def shown(self) -> dict[str, str]:
        """What the person gave, as `step_ups.confirm` takes it."""
        return {name: self.cleaned_data.get(name, "") for name in ("password", "code", "state", "answer")}


def carried_fields(request: HttpRequest) -> list[tuple[str, str]]:
    """What was sent with the interrupted form, to be sent again: all but secrets and the answer itself."""
    return [
        (name, value)
        for name, values in request.POST.lists()
        if name not in SECRET_FIELDS and not name.startswith(f"{PREFIX}-")
        for value in values
    ]
