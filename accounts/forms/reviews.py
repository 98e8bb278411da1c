from typing import Any

from django import forms

from accounts.models import Company, Membership
from accounts.queries.memberships import team

GONE = "Somebody you ticked is no longer a member. Look at the list again."


class ConfirmForm(forms.Form):
    """The members somebody ticked. Ids of nobody here are refused alike, whether they are somewhere else or nowhere."""

    def __init__(self, data: Any, *, company: Company) -> None:
        super().__init__(data)
        self.present = {str(member.pk): member for member in team(company)}
        self.fields["members"] = forms.MultipleChoiceField(
            choices=[(key, str(member)) for key, member in self.present.items()],
            required=False,
            error_messages=dict.fromkeys(("invalid_choice", "invalid_list"), GONE),
        )

    def clean_members(self) -> list[Membership]:
        return [self.present[key] for key in self.cleaned_data["members"]]
