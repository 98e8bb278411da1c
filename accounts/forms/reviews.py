from typing import Any

from django import forms

from accounts.models import Company
from accounts.queries.memberships import team


class ConfirmForm(forms.Form):
    """The members somebody ticked. Ids of nobody here are refused alike, whether they are somewhere else or nowhere."""

    members = forms.ModelMultipleChoiceField(
        queryset=None,
        required=False,
        error_messages=dict.fromkeys(
            ("invalid_choice", "invalid_pk_value", "invalid_list"),
            "Somebody you ticked is no longer a member. Look at the list again.",
        ),
    )

    def __init__(self, data: Any, *, company: Company) -> None:
        super().__init__(data)
        self.fields["members"].queryset = team(company)
