from typing import Any

from django import forms

from accounts.models import Membership
from accounts.queries.memberships import acting_administrators


class AdministratorField(forms.ModelChoiceField):
    def label_from_instance(self, member: Membership) -> str:
        return f"{member.user.name} ({member.user.email})"


class OwnershipOfferForm(forms.Form):
    """To which of the other administrators the company is offered."""

    to = AdministratorField(
        label="New owner",
        queryset=Membership.objects.none(),
        empty_label="Choose an administrator",
        error_messages=dict.fromkeys(("required", "invalid_choice"), "Choose one of the other administrators."),
    )

    def __init__(self, data: Any, *, owner: Membership) -> None:
        super().__init__(data)
        others = acting_administrators(owner.company).exclude(pk=owner.pk)
        self.fields["to"].queryset = others.select_related("user", "company")
