import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from accounts.access import Access
from accounts.forms.passwords import NewPasswordField
from accounts.forms.roles import RoleField
from accounts.models import Invitation
from accounts.models.invitation import MOST_AT_ONCE
from accounts.models.user import normalise_email
from accounts.queries.invitations import not_to_be_invited
from accounts.roles import ADMINISTRATOR
from security.text import PlainTextField

LONGEST_ADDRESS = 254
LONGEST_LIST = 20_000
MOST_SHOWN = 60
QUOTED_NAME = re.compile(r'"[^"\n]*"(?=\s*<)')
IN_BRACKETS = re.compile(r"<([^<>\n]*)>")
BETWEEN_ENTRIES = re.compile(r"[,;\n]")

Restriction = Invitation.Restriction
SIGHTS = {
    Restriction.NONE: "All customers",
    Restriction.OWNER: "Their own customers only",
    Restriction.CUSTOMERS: "None until you have chosen some",
}


def addresses_in(text: str) -> list[str]:
    """The addresses somebody typed or pasted, each once; what is none is kept, to be named.

    Between them stand commas, semicolons, spaces or new lines. Of "Ana Reyes <ana@acme.example>" the address counts.
    """
    return list(dict.fromkeys(every_address_in(text)))


def every_address_in(text: str) -> list[str]:
    """As `addresses_in`, and as often as each stands there."""
    found = [address for entry in BETWEEN_ENTRIES.split(QUOTED_NAME.sub("", text)) for address in _of_entry(entry)]
    return [normalise_email(address) for address in found]


def _of_entry(entry: str) -> list[str]:
    bracketed = IN_BRACKETS.findall(entry)
    if not bracketed:
        return entry.split()
    return [word for word in IN_BRACKETS.sub(" ", entry).split() if "@" in word] + bracketed


class AddressesField(PlainTextField):
    """Addresses to invite into a company. All that is wrong with any of them is said at once."""

    def __init__(self, access: Access, **options: Any) -> None:
        self.company = access.company
        usual: dict[str, Any] = {
            "label": "E-mail addresses",
            "multiline": True,
            "max_length": LONGEST_LIST,
            "help_text": (
                "One or many, with commas, semicolons, spaces or new lines between them. "
                "A list copied from a mail program is understood, names and all."
            ),
            "widget": forms.Textarea(attrs={"rows": 5, "autocapitalize": "none", "spellcheck": "false"}),
            "error_messages": {
                "required": "Enter the address of whoever you invite.",
                "max_length": f"This list is too long. Invite at most {MOST_AT_ONCE} at once.",
            },
        }
        super().__init__(**usual | options)

    def clean(self, value: Any) -> list[str]:
        addresses = addresses_in(super().clean(value))
        if not addresses:
            raise ValidationError(self.error_messages["required"])
        if len(addresses) > MOST_AT_ONCE:
            raise ValidationError(f"These are {len(addresses)} addresses. Invite at most {MOST_AT_ONCE} at once.")
        refused = not_to_be_invited(self.company, addresses)
        wrong = [address for address in addresses if not is_one(address)]
        refused |= {address: f"“{shown(address)}” is no e-mail address." for address in wrong}
        if refused:
            raise ValidationError([refused[address] for address in addresses if address in refused])
        return addresses


def is_one(address: str) -> bool:
    """Whether this is written like an e-mail address, and can be kept."""
    try:
        validate_email(address)
    except ValidationError:
        return False
    return len(address) <= LONGEST_ADDRESS


def shown(word: str) -> str:
    return word if len(word) <= MOST_SHOWN else f"{word[:MOST_SHOWN]}…"


class InviteForm(forms.Form):
    emails: Any
    role: Any
    restriction = forms.ChoiceField(
        label="Customers they will see",
        choices=list(SIGHTS.items()),
        initial=Restriction.NONE,
        widget=forms.RadioSelect,
        help_text="An account manager sees their own, whichever of the first two you choose.",
        error_messages=dict.fromkeys(("required", "invalid_choice"), "Choose one of the three."),
    )

    field_order = ("emails", "role", "restriction")

    def __init__(self, data: Any, *, access: Access) -> None:
        super().__init__(data)
        self.fields["emails"] = AddressesField(access)
        self.fields["role"] = RoleField(access)
        self.order_fields(self.field_order)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("role") == ADMINISTRATOR and cleaned.get("restriction", Restriction.NONE) != Restriction.NONE:
            self.add_error("restriction", "An administrator sees all customers. Choose that, or another role.")
        return cleaned


class JoinForm(forms.Form):
    name = PlainTextField(
        label="Your name",
        max_length=120,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
        error_messages={"required": "Enter your name, as your colleagues know you."},
    )
    password = NewPasswordField(
        label="Password", error_messages={"required": "Choose the password you will sign in with."}
    )
