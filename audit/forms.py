"""What a reader of a log may narrow it to. Everything is in the address, so a view of the log can be shared."""

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from ipaddress import ip_network
from itertools import groupby
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django import forms
from django.apps import apps
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.urls import reverse

from audit import records, registry
from audit.canonical import LARGEST_EXACT
from audit.models import ActorType, Checkpoint, Outcome
from audit.models.reading import LONGEST_NAME
from audit.queries import Filters, checkpoints
from security.text import PlainTextField

EARLIEST, LATEST = date(2000, 1, 1), date(2199, 12, 31)
DATE_REFUSED = "Write a day between 2000 and 2199 as YYYY-MM-DD."
NETWORK_REFUSED = "Write an IP address such as 192.0.2.7, or a network such as 192.0.2.0/24 or 2001:db8::/32."
CHOICE_REFUSED = "Choose one from the list."
NUMBER_REFUSED = "Write the number of entries in digits, such as 1204."
WELL_FORMED_TYPE = re.compile("[a-z]{1,100}")
MOST_LISTED = 50


class DayField(forms.DateField):
    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    default_error_messages = {"invalid": DATE_REFUSED}

    def __init__(self, label: str) -> None:
        limits = [MinValueValidator(EARLIEST, DATE_REFUSED), MaxValueValidator(LATEST, DATE_REFUSED)]
        super().__init__(label=label, required=False, validators=limits)


class ListField(forms.ChoiceField):
    default_error_messages = {"invalid_choice": CHOICE_REFUSED}

    def __init__(self, label: str, choices: Any = ()) -> None:
        super().__init__(label=label, required=False, choices=choices)


class WordsField(forms.CharField):
    default_error_messages = {
        "max_length": "Write at most 200 characters.",
        "null_characters_not_allowed": "Write it without characters that nobody can see.",
    }

    def __init__(self, label: str, placeholder: str, **attributes: str) -> None:
        widget = forms.TextInput(attrs={"placeholder": placeholder, **attributes})
        super().__init__(label=label, required=False, max_length=200, widget=widget)


class NetworkField(WordsField):
    """An address or a network, of either version of IP; cleaned into CIDR form."""

    def clean(self, value: Any) -> str:
        words = super().clean(value)
        try:
            network = ip_network(words, strict=False) if words else None
        except ValueError:
            raise ValidationError(NETWORK_REFUSED, code="invalid") from None
        mapped = getattr(network and network.network_address, "ipv4_mapped", None)
        if mapped and network and network.prefixlen >= 96:
            network = ip_network(f"{mapped}/{network.prefixlen - 96}")
        return str(network or "")


class DaysForm(forms.Form):
    """The days of a calendar that something happened on, the first and the last included."""

    since = DayField(label="From")
    until = DayField(label="To")

    def __init__(self, data: Any, *, time_zone: str) -> None:
        super().__init__(data)
        self.zone = ZoneInfo(time_zone)

    def clean(self) -> None:
        since, until = self.cleaned_data.get("since"), self.cleaned_data.get("until")
        if since and until and since > until:
            self.add_error("until", "The last day lies before the first. Choose a later day, or leave one of them out.")

    def days(self) -> Filters:
        """The filters of a valid form: from the first moment of a day to the last of another."""
        until = self.cleaned_data["until"]
        return Filters(
            since=self._start(self.cleaned_data["since"]), until=self._start(until and until + timedelta(days=1))
        )

    def _start(self, day: date | None) -> datetime | None:
        return datetime.combine(day, time.min, self.zone).astimezone(UTC) if day else None


class FilterForm(DaysForm):
    """Filters of one log, as a GET form."""

    text = WordsField("Search", "Number, name, reason", type="search")
    who = WordsField("Who", "Name or id", size="14")
    kind = ListField("Kind of actor", [("", "Everyone"), *ActorType.choices])
    outcome = ListField("Outcome", [("", "Any outcome"), *Outcome.choices])
    type = ListField("Kind of object")
    named = WordsField("Object", "Number or name", size="12")
    part = forms.BooleanField(required=False, widget=forms.HiddenInput)
    ip = NetworkField("IP address", "192.0.2.7 or 192.0.2.0/24")
    customer = forms.UUIDField(
        label="Customer", required=False, widget=forms.Select, error_messages={"invalid": CHOICE_REFUSED}
    )
    object = forms.UUIDField(
        required=False,
        widget=forms.HiddenInput,
        error_messages={"invalid": "The address names an object that cannot be. Show all objects instead."},
    )

    def __init__(self, data: Any, *, log: registry.Log, access: Any) -> None:
        super().__init__(data, time_zone=access.company.time_zone)
        self.types = registry.event_types(log)
        self.fields["action"] = ListField("What", _action_choices(self.types))
        self.fields["type"].choices = _object_choices(self.types, str(self.data.get("type", "")))
        self._offer_customers(access)

    @property
    def has_more(self) -> bool:
        """Whether any of the filters is set that stand under "More filters"."""
        return any(self[name].value() for name in ("kind", "outcome", "type", "named", "ip", "customer"))

    def filters(self) -> Filters:
        """The filters of a valid form; its days are those of the company's calendar."""
        given, days = self.cleaned_data, self.days()
        actor = _uuid(given["who"])
        return Filters(
            actor_id=str(actor) if actor else "",
            actor_text="" if actor else given["who"],
            actor_type=given["kind"],
            actions=[known.code for known in self.types if given["action"] in (known.code, known.noun)],
            object_type=given["type"],
            object_id=str(given["object"] or ""),
            object_text=given["named"],
            may_be_part=given["part"],
            customer_id=given["customer"],
            outcome=given["outcome"],
            since=days.since,
            until=days.until,
            network=given["ip"],
            text=given["text"],
        )

    def chosen(self) -> dict[str, str]:
        """What is filtered by, as it stands in the address."""
        return {name: str(self[name].value()) for name in self.fields if self[name].value()}

    def _offer_customers(self, access: Any) -> None:
        """List the first customers by name and the chosen one; where scripts run, one types to find any other."""
        widget, sent = self.fields["customer"].widget, _uuid(str(self.data.get("customer", "")))
        listed: dict[Any, str] = {}
        if records.customers and access.can("customer.view"):
            [(model, suggestions)] = records.customers
            seen = access.visible(model).order_by("name", "id").values_list("pk", "name")
            listed = dict(seen[:MOST_LISTED])
            if sent and sent not in listed:
                listed |= dict(seen.filter(pk=sent))
            widget.attrs |= {"data-autocomplete": True, "data-url": reverse(suggestions)}
        if sent:
            listed.setdefault(sent, "One customer")
        widget.choices = [("", "Any customer"), *listed.items()]


class SavedViewForm(forms.Form):
    """The name of a saved view, and whom it is for."""

    name = PlainTextField(label="Name", max_length=LONGEST_NAME, error_messages={"required": "Give the view a name."})
    is_shared = forms.BooleanField(label="For everybody who may read this log", required=False)


class ConsistencyForm(forms.Form):
    """Which two of the signed checkpoints a proof of consistency is between, by their sizes."""

    older = forms.IntegerField(
        label="Entries in the older checkpoint",
        min_value=1,
        max_value=LARGEST_EXACT,
        help_text="The number in the second line of the checkpoint you kept.",
        error_messages=dict.fromkeys(("required", "invalid", "min_value", "max_value"), NUMBER_REFUSED),
    )
    newer = forms.IntegerField(
        label="Entries in the newer checkpoint",
        min_value=1,
        max_value=LARGEST_EXACT,
        required=False,
        help_text="Leave it empty for the latest.",
        error_messages=dict.fromkeys(("invalid", "min_value", "max_value"), NUMBER_REFUSED),
    )

    def clean_older(self) -> Checkpoint | None:
        return _signed(self.cleaned_data["older"])

    def clean_newer(self) -> Checkpoint | None:
        return _signed(self.cleaned_data["newer"])

    def clean(self) -> dict[str, Any]:
        older, newer = self.cleaned_data.get("older"), self.cleaned_data.get("newer")
        if older and newer and older.size > newer.size:
            self.add_error("newer", f"The newer checkpoint has fewer entries ({newer.size}) than the older one.")
        return self.cleaned_data


def _signed(size: int | None) -> Checkpoint:
    """The latest checkpoint of this size; without a size the latest of all."""
    rows = checkpoints()
    found = (rows.filter(size=size) if size else rows).first()
    if found is None and size:
        raise ValidationError(f"The log signed no checkpoint of {size} entries.")
    if found is None:
        raise ValidationError("The log has signed nothing yet. Try again in ten seconds.")
    return found


def _action_choices(types: Iterable[registry.EventType]) -> list[Any]:
    """Grouped by noun; the noun itself stands for all its events."""
    choices: list[Any] = [("", "Everything")]
    for noun, group in groupby(types, key=lambda known: known.noun):
        name = noun.replace("_", " ").capitalize()
        choices.append((name, [(noun, f"{name}: everything"), *((known.code, known.title) for known in group)]))
    return choices


def _object_choices(types: Iterable[registry.EventType], sent: str) -> list[tuple[str, str]]:
    """The kinds of records these events are about, and whatever kind the address names."""
    nouns = tuple({known.noun.replace("_", "") for known in types})
    models = [model._meta for model in apps.get_models()]
    named = {str(model.model_name): str(model.verbose_name).capitalize() for model in models}
    about = {kind: name for kind, name in named.items() if kind.startswith(nouns) or kind.endswith(nouns)}
    if WELL_FORMED_TYPE.fullmatch(sent):
        about.setdefault(sent, sent)
    return [("", "Any object"), *sorted(about.items(), key=lambda choice: choice[1])]


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
