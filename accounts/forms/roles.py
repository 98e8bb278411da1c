"""Choosing a role to give, and making one."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django import forms
from django.core.exceptions import ValidationError

from accounts.access import Access
from accounts.comparison import groups
from accounts.limits import parse, written
from accounts.models import Role
from accounts.permissions import LIMITABLE, Permission
from accounts.queries.roles import AnyRole, role_of, roles_of
from accounts.roles import ADMINISTRATOR, Rights
from security.text import PlainTextField

_ID = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class RoleField(forms.ChoiceField):
    """One of the roles somebody may give, as actions take it. Those beyond their own rights are named, not offered."""

    def __init__(self, access: Access, *, without: Collection[str] = (), **options: Any) -> None:
        self.company = access.company
        roles = [role for role in roles_of(access.company) if role.key not in without]
        self.withheld = [role for role in roles if role.rights.beyond(access.rights)]
        given = [(role.key, role.name) for role in roles if role not in self.withheld]
        note = ", ".join(role.name for role in self.withheld)
        usual: dict[str, Any] = {
            "label": "Role",
            "choices": [("", "Choose a role"), *given],
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


@dataclass(frozen=True, slots=True)
class Tick:
    """One permission on the form; `note` says why it cannot be ticked, or how far it can be given."""

    permission: Permission
    checked: bool
    disabled: bool
    needs: str
    note: str
    limit: forms.BoundField | None

    @property
    def id(self) -> str:
        return f"id_permissions_{self.permission.name.lower()}"


class RoleForm(forms.Form):
    """A role somebody makes or changes. What they do not hold is shown, and cannot be ticked."""

    name = PlainTextField(label="Name", max_length=60, error_messages={"required": "Give the role a name."})
    description = PlainTextField(
        label="What it is for", max_length=200, required=False, help_text="One sentence, shown with the role."
    )
    permissions = forms.MultipleChoiceField(
        label="What it may do",
        choices=[(one.value, one.sentence) for one in Permission],
        error_messages={
            "required": "Tick at least one thing the role may do.",
            "invalid_choice": "“%(value)s” is no permission.",
        },
    )

    def __init__(self, data: Any, *, own: Rights, role: AnyRole | None = None, copied: bool = False) -> None:
        self.own = own
        rights = role.rights if role else Rights()
        given = [one.value for one in rights.permissions & own.permissions]
        initial: dict[str, Any] = {"permissions": given}
        if role:
            initial |= {"name": f"Copy of {role.name}"[:60] if copied else role.name, "description": role.description}
        super().__init__(data, initial=initial)
        for one in LIMITABLE:
            self.fields[_limit_name(one)] = LimitField(initial=written(rights.limits.get(one, {})))

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        for one in LIMITABLE:
            if cleaned.get(_limit_name(one)) and one.value not in cleaned.get("permissions", [one.value]):
                self.add_error(_limit_name(one), f"Tick “{one.sentence}” as well, or empty its limit.")
        return cleaned

    @property
    def rights(self) -> Rights:
        """What was ticked."""
        cleaned = self.cleaned_data
        limits = {one: cleaned[_limit_name(one)] for one in LIMITABLE if cleaned[_limit_name(one)]}
        return Rights(frozenset(map(Permission.of, cleaned["permissions"])), limits)

    def ticks(self) -> list[tuple[str, list[Tick]]]:
        """The permissions by group, as the page shows them."""
        ticked = set(self["permissions"].value() or [])
        return [(group, [self._tick(one, ticked) for one in members]) for group, members in groups()]

    def _tick(self, one: Permission, ticked: Collection[str]) -> Tick:
        is_held, limit = one in self.own.permissions, self.own.limits.get(one)
        note = "" if is_held else "You do not hold this yourself, so you cannot give it."
        if limit is not None:
            note = f"You hold this up to {written(limit)} at a time, so you cannot give more."
        return Tick(
            permission=one,
            checked=one.value in ticked,
            disabled=not is_held and one.value not in ticked,
            needs="; ".join(other.sentence for other in Permission if other in one.needs),
            note=note,
            limit=self[_limit_name(one)] if one in LIMITABLE else None,
        )


class LimitField(forms.CharField):
    """The most one act may move, in each currency named; empty for no limit."""

    def __init__(self, **options: Any) -> None:
        usual: dict[str, Any] = {
            "label": "Up to, at a time",
            "required": False,
            "help_text": "Whole amounts such as 500 EUR, 600 USD; currencies not named are not allowed. "
            "Empty for no limit.",
        }
        super().__init__(**usual | options)

    def clean(self, value: Any) -> dict[str, int]:
        try:
            return parse(super().clean(value))
        except ValueError as problem:
            raise ValidationError(str(problem)) from problem


class SeenField(forms.CharField):
    """Ids with a space between. What is none was never shown, and is left out."""

    def clean(self, value: Any) -> set[UUID]:
        return {UUID(one) for one in super().clean(value).split() if _ID.fullmatch(one)}


class DeleteRoleForm(forms.Form):
    """Which role those who hold a deleted one get; `holders` are the ids of those the page showed."""

    holders = SeenField(widget=forms.HiddenInput, required=False)

    def __init__(self, data: Any, *, access: Access, role: Role, is_held: bool) -> None:
        super().__init__(data)
        if is_held:
            self.fields["heir"] = RoleField(access, without=(ADMINISTRATOR, role.key), label="Role they get instead")


def _limit_name(permission: Permission) -> str:
    return f"limit_{permission.name.lower()}"
