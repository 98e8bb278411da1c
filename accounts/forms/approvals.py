from collections.abc import Iterator
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from accounts.approvals import Kind, Rules, switched_kinds
from accounts.limits import LONGEST, parse, written
from security.text import PlainTextField


class RefuseForm(forms.Form):
    """Why. Whoever asked reads it, and it stays in the log."""

    reason = PlainTextField(
        label="Reason",
        max_length=500,
        help_text="Whoever asked reads it in a letter, and it is kept in the log.",
        error_messages={"required": "Say why."},
    )


class ApprovalRulesForm(forms.Form):
    """For each kind of act whether it waits and, where money is given up, from what amount on."""

    def __init__(self, data: Any, *, rules: Rules) -> None:
        super().__init__(data)
        for kind in switched_kinds():
            self.fields[kind.code] = forms.BooleanField(label=kind.title, required=False, initial=kind.code in rules)
            if kind.is_limited:
                self.fields[_limit(kind)] = PlainTextField(
                    label="Nobody else is needed up to",
                    required=False,
                    max_length=LONGEST,
                    initial=written(rules.get(kind.code, {})),
                    help_text="In one act, such as 500 EUR, 600 USD. In a currency not named here every amount waits.",
                )

    def clean(self) -> dict[str, Any]:
        cleaned = dict(super().clean() or self.cleaned_data)
        for kind in switched_kinds():
            if kind.is_limited and _limit(kind) in cleaned:
                try:
                    cleaned[_limit(kind)] = parse(cleaned[_limit(kind)])
                except ValueError as refusal:
                    self.add_error(_limit(kind), ValidationError(str(refusal)))
        return cleaned

    def rules(self) -> Rules:
        """What was chosen, as it is kept."""
        chosen = [kind for kind in switched_kinds() if self.cleaned_data[kind.code]]
        return {kind.code: self.cleaned_data[_limit(kind)] if kind.is_limited else {} for kind in chosen}

    def rows(self) -> Iterator[dict[str, Any]]:
        """Each kind with its switch and, if it has one, its limit."""
        for kind in switched_kinds():
            yield {"kind": kind, "switch": self[kind.code], "limit": self[_limit(kind)] if kind.is_limited else None}


def _limit(kind: Kind) -> str:
    return f"{kind.code}_up_to"
