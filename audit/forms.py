"""What a reader of a log may narrow it to. Everything is in the address, so a view of the log can be shared."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from itertools import groupby
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator

from audit import registry
from audit.models import ActorType, Outcome
from audit.queries import Filters

EARLIEST, LATEST = date(2000, 1, 1), date(2199, 12, 31)
DATE_REFUSED = "Write a day between 2000 and 2199 as YYYY-MM-DD."


class DayField(forms.DateField):
    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    default_error_messages = {"invalid": DATE_REFUSED}

    def __init__(self, label: str) -> None:
        limits = [MinValueValidator(EARLIEST, DATE_REFUSED), MaxValueValidator(LATEST, DATE_REFUSED)]
        super().__init__(label=label, required=False, validators=limits)


class FilterForm(forms.Form):
    """Filters of one log, as a GET form."""

    text = forms.CharField(
        label="Search",
        required=False,
        max_length=200,
        widget=forms.TextInput(attrs={"type": "search", "placeholder": "Number, name, reason"}),
    )
    who = forms.CharField(
        label="Who", required=False, max_length=200, widget=forms.TextInput(attrs={"placeholder": "Name"})
    )
    kind = forms.ChoiceField(label="Kind of actor", required=False, choices=[("", "Everyone"), *ActorType.choices])
    outcome = forms.ChoiceField(label="Outcome", required=False, choices=[("", "Any outcome"), *Outcome.choices])
    since = DayField(label="From")
    until = DayField(label="To")
    customer = forms.UUIDField(required=False, widget=forms.HiddenInput)
    object = forms.UUIDField(required=False, widget=forms.HiddenInput)

    def __init__(self, data: Any, *, log: registry.Log, time_zone: str) -> None:
        super().__init__(data)
        self.types = registry.event_types(log)
        self.zone = ZoneInfo(time_zone)
        self.fields["action"] = forms.ChoiceField(label="What", required=False, choices=_action_choices(self.types))

    def clean(self) -> None:
        since, until = self.cleaned_data.get("since"), self.cleaned_data.get("until")
        if since and until and since > until:
            self.add_error("until", "The last day lies before the first. Choose a later day, or leave one of them out.")

    def filters(self) -> Filters:
        """The filters of a valid form; its days are those of the company's calendar."""
        given = self.cleaned_data
        actor = _uuid(given["who"])
        return Filters(
            actor_id=str(actor) if actor else "",
            actor_text="" if actor else given["who"],
            actor_type=given["kind"],
            actions=[known.code for known in self.types if given["action"] in (known.code, known.noun)],
            object_id=str(given["object"] or ""),
            customer_id=given["customer"],
            outcome=given["outcome"],
            since=self._start(given["since"]),
            until=self._start(given["until"] and given["until"] + timedelta(days=1)),
            text=given["text"],
        )

    def _start(self, day: date | None) -> datetime | None:
        return datetime.combine(day, time.min, self.zone).astimezone(UTC) if day else None


def _action_choices(types: Iterable[registry.EventType]) -> list[Any]:
    """Grouped by noun; the noun itself stands for all its events."""
    choices: list[Any] = [("", "Everything")]
    for noun, group in groupby(types, key=lambda known: known.noun):
        name = noun.replace("_", " ").capitalize()
        choices.append((name, [(noun, f"{name}: everything"), *((known.code, known.title) for known in group)]))
    return choices


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
