"""Which customers somebody sees: everything is chosen on one page, in steps where no script runs."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django import forms
from django.http import QueryDict

from accounts.access import Access
from accounts.models import ApiKey, Membership
from accounts.models.grant import MOST_CUSTOMERS, MOST_FIELDS
from billing import custom_values
from billing.custom_values import ValueRefused
from billing.forms.fields import SomeOfField, TextField
from billing.models import Customer, CustomField
from billing.queries.custom_fields import MOST_VALUES, active, values_in_use
from billing.queries.restrictions import Restricted, customers_named, line_of, named_lines
from security.text import PlainTextField, clean_text

Mode = Membership.Restriction
MODES = [
    (Mode.NONE, "All customers"),
    (Mode.OWNER, "Only those they look after: the ones whose owner they are"),
    (Mode.FIELDS, "Only those with certain values in customer fields"),
    (Mode.CUSTOMERS, "Only those on a list"),
]
OF_ITS_MAKER = "Only those its maker looks after: the ones whose owner they are"
PICKS = tuple(f"field_{number}" for number in range(1, MOST_FIELDS + 1))
LONGEST_LINE = 240
MOST_NAMED = 5


class RestrictionForm(forms.Form):
    mode = forms.ChoiceField(
        label="Which customers",
        choices=MODES,
        widget=forms.RadioSelect,
        error_messages=dict.fromkeys(("required", "invalid_choice"), "Choose which customers are seen."),
    )
    customers = TextField(
        label="Customers on the list",
        multiline=True,
        max_length=MOST_CUSTOMERS * LONGEST_LINE,
        required=False,
        help_text=f"Numbers or whole names, one on each line, at most {MOST_CUSTOMERS}.",
        widget=forms.Textarea(attrs={"rows": 8, "spellcheck": "false"}),
    )
    find = PlainTextField(label="Find customers to add", max_length=100, required=False)
    add = SomeOfField(
        label="Found",
        queryset=None,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"invalid_choice": "Choose customers that were found."},
    )

    def __init__(
        self, data: QueryDict | None = None, *, access: Access, target: Restricted, judged: bool = True
    ) -> None:
        """Not `judged`, what was sent is shown again without a word about what is missing: there are steps to come."""
        self.access, self.target, self.everybody = access, target, access.visible(Customer)
        self.company_fields = {str(field.pk): field for field in active(access)}
        sent = None if data is None else self._with_found(data)
        known = self._kept() if sent is None else self._typed(sent)
        super().__init__(sent if judged else None, initial=known)
        self.fields["add"].queryset = self.everybody
        if isinstance(target, ApiKey):
            self.fields["mode"].choices = [(Mode.NONE, "All its maker sees"), (Mode.OWNER, OF_ITS_MAKER), *MODES[2:]]
        offered = [("", "—"), *((id, field.name) for id, field in self.company_fields.items())]
        for number, name in enumerate(PICKS, start=1):
            self.fields[name] = forms.ChoiceField(
                label=f"Field {number}",
                choices=offered,
                required=False,
                error_messages={"invalid_choice": "This field cannot be found. Choose one from the list."},
            )
        ids = dict.fromkeys(str(known.get(name, "")) for name in PICKS)
        self.picked = [self.company_fields[id] for id in ids if id in self.company_fields]
        for field in self.picked:
            self._offer_values(field)

    @property
    def picks(self) -> list[forms.BoundField]:
        return [self[name] for name in PICKS]

    @property
    def values(self) -> list[dict[str, Any]]:
        """For each picked field the inputs with which its values are chosen."""
        return [
            {
                "field": field,
                "ticked": self[_ticked(field)] if _ticked(field) in self.fields else None,
                "lines": self[_lines(field)] if _lines(field) in self.fields else None,
            }
            for field in self.picked
        ]

    @property
    def field_values(self) -> dict[str, list[str]]:
        """What was chosen, as a restriction keeps it."""
        if self.cleaned_data["mode"] != Mode.FIELDS:
            return {}
        given = self.cleaned_data
        return {
            str(field.pk): list(dict.fromkeys([*given.get(_ticked(field), []), *given.get(_lines(field), [])]))
            for field in self.picked
        }

    @property
    def customer_ids(self) -> list[str]:
        return [str(id) for id in self.chosen] if self.cleaned_data["mode"] == Mode.CUSTOMERS else []

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        self.chosen: list[UUID] = []
        if given.get("mode") == Mode.FIELDS:
            self._judge_fields(given)
        if given.get("mode") == Mode.CUSTOMERS and "customers" in given:
            self._judge_customers(given)
        return given

    def _kept(self) -> dict[str, Any]:
        """What holds today, by the names of the inputs."""
        values = self.target.field_values.items()
        ticked = {_ticked(self.company_fields[id]): kept for id, kept in values if id in self.company_fields}
        lines = named_lines(self.everybody, self.target.customer_ids)
        picks = dict(zip(PICKS, self.target.field_values, strict=False))
        return {"mode": self.target.restriction, "customers": lines} | picks | ticked

    def _typed(self, sent: QueryDict) -> dict[str, Any]:
        ticked = {name: sent.getlist(name) for name in map(_ticked, self.company_fields.values()) if name in sent}
        return sent.dict() | ticked

    def _with_found(self, data: QueryDict) -> QueryDict:
        """What was sent, with the customers that were found and ticked among the lines: the page shows one list."""
        sent = data.copy()
        lines, unknown = _filled_lines(sent.get("customers", "")), []
        ids = [id for id in sent.getlist("add") if _is_id(id)][:MOST_CUSTOMERS]
        found = {str(one.pk): line_of(one.number, one.name) for one in self.everybody.filter(pk__in=ids)}
        for id in sent.getlist("add"):
            if id not in found:
                unknown.append(id)
            elif found[id] not in lines:
                lines.append(found[id])
        sent.setlist("add", unknown)
        sent["customers"] = "\n".join(lines)
        return sent

    def _offer_values(self, field: CustomField) -> None:
        kept = self.target.field_values.get(str(field.pk), [])
        is_choice = field.kind == CustomField.Kind.CHOICE
        offered = list(field.choices) if is_choice else values_in_use(self.access, field)
        offered += [value for value in kept if value not in offered]
        if offered:
            self.fields[_ticked(field)] = forms.MultipleChoiceField(
                label=field.name,
                choices=[(value, custom_values.shown(field.kind, value)) for value in offered],
                required=False,
                widget=forms.CheckboxSelectMultiple,
                error_messages={"invalid_choice": "Choose values from the list."},
            )
        if not is_choice:
            self.fields[_lines(field)] = TextField(
                label=f"Other values of {field.name}" if offered else field.name,
                multiline=True,
                max_length=MOST_VALUES * LONGEST_LINE,
                required=False,
                help_text="One on each line, exactly as customers have it.",
                widget=forms.Textarea(attrs={"rows": 3}),
            )

    def _judge_fields(self, given: dict[str, Any]) -> None:
        names = [given[name] for name in PICKS if given.get(name)]
        if not names:
            self.add_error(PICKS[0], "Choose at least one field.")
        if len(set(names)) < len(names):
            self.add_error(PICKS[0], "Choose each field once. Its values are alternatives of each other.")
        for field in self.picked:
            self._read_lines(field, given)
            if not self.errors and not given.get(_ticked(field)) and not given.get(_lines(field)):
                place = _ticked(field) if _ticked(field) in self.fields else _lines(field)
                self.add_error(place, f"Choose at least one value of {field}: without one, nobody would be seen.")

    def _read_lines(self, field: CustomField, given: dict[str, Any]) -> None:
        values = []
        for line in _filled_lines(given.get(_lines(field), "")):
            try:
                values.append(custom_values.parse(field.kind, line))
            except ValueRefused as refusal:
                self.add_error(_lines(field), f"“{line[:60]}”: {refusal}")
                return
        given[_lines(field)] = values
        if len(values) + len(given.get(_ticked(field), [])) > MOST_VALUES:
            self.add_error(_lines(field), f"Choose at most {MOST_VALUES} values.")

    def _judge_customers(self, given: dict[str, Any]) -> None:
        lines = _filled_lines(given["customers"])
        if len(lines) > MOST_CUSTOMERS:
            self.add_error("customers", f"Name at most {MOST_CUSTOMERS} customers. These are {len(lines)} lines.")
            return
        found, unknown = customers_named(self.everybody, lines)
        if unknown:
            self.add_error("customers", f"No customer has this number or name: {_some(unknown)}.")
        if alike := [line for line, ids in found.items() if len(ids) > 1]:
            self.add_error("customers", f"Several customers have this name, so write their numbers: {_some(alike)}.")
        ids = dict.fromkeys(id for several in found.values() for id in several)
        self.chosen = list(ids)
        if not lines:
            self.add_error("customers", "Name at least one customer.")


def _ticked(field: CustomField) -> str:
    return f"ticked-{field.pk}"


def _lines(field: CustomField) -> str:
    return f"lines-{field.pk}"


def _filled_lines(text: str) -> list[str]:
    return list(dict.fromkeys(line for line in (clean_text(one) for one in text.splitlines()) if line))


def _some(lines: Sequence[str]) -> str:
    named = ", ".join(f"“{line[:60]}”" for line in lines[:MOST_NAMED])
    return f"{named} and {len(lines) - MOST_NAMED} more" if len(lines) > MOST_NAMED else named


def _is_id(text: str) -> bool:
    try:
        return bool(UUID(text))
    except ValueError:
        return False
