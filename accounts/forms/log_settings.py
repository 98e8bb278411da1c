from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from accounts.alert_kinds import kinds
from accounts.forms.invitations import every_address_in, is_one, shown
from accounts.models import AlertSettings
from security.text import PlainTextField

MOST = 10
LONGEST_LIST = 4_000


class AddressListField(PlainTextField):
    """A few addresses outside the team or in it, one a line. All that is wrong with any of them is said at once."""

    def __init__(self, **options: Any) -> None:
        usual: dict[str, Any] = {
            "multiline": True,
            "required": False,
            "max_length": LONGEST_LIST,
            "widget": forms.Textarea(attrs={"rows": 4, "autocapitalize": "none", "spellcheck": "false"}),
            "error_messages": {"max_length": f"This list is too long. Name at most {MOST} addresses."},
        }
        super().__init__(**usual | options)

    def clean(self, value: Any) -> list[str]:
        addresses = every_address_in(super().clean(value))
        wrong = [f"“{shown(address)}” is no e-mail address." for address in addresses if not is_one(address)]
        twice = sorted({address for address in addresses if addresses.count(address) > 1})
        wrong += [f"{shown(address)} is named twice. Remove one of them." for address in twice]
        if len(addresses) > MOST:
            wrong.append(f"These are {len(addresses)} addresses. Name at most {MOST}.")
        if wrong:
            raise ValidationError(list(dict.fromkeys(wrong)))
        return addresses


class LogSettingsForm(forms.Form):
    """What is alerted of, who gets it beside the administrators, and where the checkpoints go."""

    alerts: Any
    addresses = AddressListField(
        label="Also send alerts to",
        help_text=f"Beside the administrators, who get every alert. One address a line, at most {MOST}.",
    )
    checkpoint_addresses = AddressListField(
        label="Send the day’s checkpoint to",
        help_text=(
            f"One address a line, at most {MOST}. Best outside your company, such as your auditor’s: "
            "what is kept there nobody here can change."
        ),
    )

    def __init__(self, data: Any, *, settings: AlertSettings) -> None:
        named = {name: "\n".join(getattr(settings, name)) for name in ("addresses", "checkpoint_addresses")}
        super().__init__(data, initial=named)
        choices = [(kind.code, f"{kind.name}: {kind.sentence}") for kind in kinds() if kind.can_be_off]
        self.fields["alerts"] = forms.MultipleChoiceField(
            label="Alert us of",
            required=False,
            choices=choices,
            initial=[code for code, _ in choices if code not in settings.off],
            widget=forms.CheckboxSelectMultiple,
            error_messages={"invalid_choice": "Choose from the list: one of these is no kind of alert."},
        )
        self.order_fields(["alerts", "addresses", "checkpoint_addresses"])

    def chosen(self) -> dict[str, list[str]]:
        """What was chosen, as it is kept."""
        on = self.cleaned_data["alerts"]
        return {
            "off": [kind.code for kind in kinds() if kind.can_be_off and kind.code not in on],
            "addresses": self.cleaned_data["addresses"],
            "checkpoint_addresses": self.cleaned_data["checkpoint_addresses"],
        }
