from typing import Any

from django import forms

from accounts.models import Company, Membership
from accounts.queries.memberships import team
from accounts.queries.reviews import mark_of

GONE = "Somebody you ticked is no longer a member. Look at the list again."
CHANGED = "{} may do or see something else by now than what you saw. Look at the list again."


class ConfirmForm(forms.Form):
    """The members somebody ticked, each with a mark of what was seen of them.

    Ids of nobody here are refused alike, whether they are somewhere else or nowhere.
    """

    members = forms.Field(widget=forms.SelectMultiple, required=False)

    def __init__(self, data: Any, *, company: Company) -> None:
        super().__init__(data)
        self.present = {str(member.pk): member for member in team(company)}

    def clean_members(self) -> list[Membership]:
        return [self._as_seen(tick) for tick in self.cleaned_data["members"] or ()]

    def _as_seen(self, tick: str) -> Membership:
        key, _, mark = tick.partition(" ")
        member = self.present.get(key)
        if member is None:
            raise forms.ValidationError(GONE, code="invalid_choice")
        if mark != mark_of(member):
            raise forms.ValidationError(CHANGED.format(member))
        return member
