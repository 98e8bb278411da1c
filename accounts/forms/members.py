from typing import Any

from django import forms

from accounts.access import Access
from accounts.forms.roles import RoleField
from accounts.models import Membership, User
from accounts.queries.members import possible_heirs

LONGEST_SEARCH = 100


class MemberSearchForm(forms.Form):
    q = forms.CharField(required=False, max_length=LONGEST_SEARCH)


class MemberRoleForm(forms.Form):
    """The role a member is to have; those they can be given by whoever decides are offered."""

    def __init__(self, data: Any, *, access: Access, member: Membership) -> None:
        super().__init__(data, initial={"role": member.role_key})
        self.fields["role"] = RoleField(access)


class HeirField(forms.ModelChoiceField):
    def label_from_instance(self, user: User) -> str:
        return f"{user.name} ({user.email})"


class RevokeForm(forms.Form):
    """Who looks after the customers of a member who leaves; asked only where there are any."""

    def __init__(self, data: Any, *, member: Membership, owned: int) -> None:
        super().__init__(data)
        if owned:
            self.fields["heir"] = HeirField(
                label="New owner of their customers",
                queryset=possible_heirs(member),
                required=False,
                empty_label="Nobody for now",
                error_messages={"invalid_choice": "Choose a member of today, or nobody."},
            )

    @property
    def heir(self) -> User | None:
        return self.cleaned_data.get("heir")
