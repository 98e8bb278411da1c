"""Choosing a role to give."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from accounts.access import Access
from accounts.models import Role
from accounts.queries.roles import role_of, roles_of


class RoleField(forms.ChoiceField):
    """One of the roles somebody may give, as actions take it. Those beyond their own rights are named, not offered."""

    def __init__(self, access: Access, **options: Any) -> None:
        self.company = access.company
        roles = roles_of(access.company)
        self.withheld = [role for role in roles if role.rights.beyond(access.rights)]
        offered = [(role.key, role.name) for role in roles if role not in self.withheld]
        note = ", ".join(role.name for role in self.withheld)
        usual: dict[str, Any] = {
            "label": "Role",
            "choices": offered,
            "help_text": f"Not listed, because more than you hold: {note}." if note else "",
            "error_messages": dict.fromkeys(("required", "invalid_choice"), "Choose one of the roles listed."),
        }
        super().__init__(**usual | options)

    def clean(self, value: Any) -> str | Role:
        key = super().clean(value)
        role = role_of(self.company, key) if key else key
        if role is None:
            raise ValidationError("This role is no longer there. Choose another one.")
        return role

    def validate(self, value: Any) -> None:
        withheld = next((role for role in self.withheld if role.key == value), None)
        if withheld:
            raise ValidationError(f"You cannot give the role {withheld}: it may do more than you.")
        super().validate(value)
