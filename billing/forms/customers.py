from collections.abc import Sequence
from typing import Any

from django import forms

from accounts.access import Access
from accounts.models import Membership
from billing.currencies import CURRENCIES
from billing.forms.choices import RecordField
from billing.forms.custom_fields import ValueField, input_name
from billing.forms.fields import (
    AddressOfMailField,
    CountryField,
    CurrencyField,
    RecordForm,
    TermsField,
    TextField,
)
from billing.models import Customer, CustomField, Seller
from billing.queries.custom_fields import active, seen_values, values_of
from billing.queries.customers import FILTERS, ORDERS, CustomerFilters
from billing.queries.owners import possible_owners
from security.text import PlainTextField

ANY_CURRENCY = [("", "Any currency"), *((code, code) for code in CURRENCIES)]


class CustomerForm(RecordForm):
    name = TextField(label="Name", max_length=200, error_messages={"required": "Enter the customer's name."})
    kind = forms.ChoiceField(
        label="Kind",
        choices=Customer.Kind.choices,
        error_messages={"required": "Choose company or person.", "invalid_choice": "Choose company or person."},
    )
    number = TextField(
        label="Number",
        max_length=32,
        required=False,
        help_text="Leave it empty to get the next number of the series.",
    )
    email = AddressOfMailField(
        label="E-mail", required=False, help_text="Invoices go here unless a contact receives them."
    )
    phone = TextField(label="Phone", max_length=40, required=False)
    attention_to = TextField(label="Attention to", max_length=200, required=False)
    address = TextField(
        label="Address",
        max_length=600,
        multiline=True,
        required=False,
        help_text="As it stands on an envelope, without the name and the country.",
        widget=forms.Textarea(attrs={"rows": 3, "autocomplete": "off"}),
    )
    country = CountryField(label="Country")
    tax_id = TextField(label="Tax number", max_length=40, required=False)
    currency = CurrencyField(label="Currency", error_messages={"required": "Choose the currency of its invoices."})
    payment_terms = TermsField(
        label="Payment terms", error_messages={"required": "Enter when its invoices are due, such as NET 30."}
    )
    paperless = forms.BooleanField(label="Receives invoices by e-mail", required=False, initial=True)
    owner = RecordField(
        sentence="Choose a member of your team.",
        label="Owner",
        required=False,
        empty_label="Nobody",
        help_text="The member of your team who looks after this customer.",
    )

    def __init__(self, data: Any = None, *, access: Access, seller: Seller, record: Customer | None = None) -> None:
        usual = {} if record else {"currency": seller.currency, "payment_terms": seller.payment_terms}
        kept = values_of(record) if record else {}
        self.own = {input_name(field): field for field in active(access)}
        values = {name: kept.get(field.pk, "") for name, field in self.own.items()}
        super().__init__(data, record=record, initial=usual | values)
        self.access = access
        if record or access.is_restricted:
            # A number that is taken would tell of a customer who is hidden.
            del self.fields["number"]
        if self.owns_what_it_adds:
            del self.fields["owner"]
        else:
            self.fields["owner"].queryset = possible_owners(access.company, record.owner_id if record else None)
        for name, field in self.own.items():
            self.fields[name] = self._value_field(field, values[name])

    @property
    def owns_what_it_adds(self) -> bool:
        """Somebody who sees only their own customers cannot give one away, or would lose sight of it."""
        return self.access.membership.restriction == Membership.Restriction.OWNER

    @property
    def own_fields(self) -> list[forms.BoundField]:
        """Those the company made."""
        return [self[name] for name in self.own]

    @property
    def chosen_number(self) -> str:
        """The number somebody chose, if they may and did."""
        return str(self.cleaned_data.get("number", ""))

    def details(self) -> dict[str, Any]:
        entered = {name: value for name, value in super().details().items() if name not in self.own}
        entered.pop("number", None)
        if self.owns_what_it_adds:
            entered["owner"] = self.access.user
        return entered

    def values(self) -> dict[CustomField, str]:
        """What was entered in the company's own fields."""
        return {field: self.cleaned_data[name] for name, field in self.own.items()}

    def _value_field(self, field: CustomField, kept: str) -> ValueField:
        """One in which somebody limited to certain values chooses one of these: another would hide the customer."""
        allowed = seen_values(self.access, field)
        if not allowed:
            return ValueField(field, kept=kept)
        return ValueField(
            field, allowed=allowed, required=True, error_messages={"required": "Choose one: you see only these."}
        )


class ContactForm(RecordForm):
    name = TextField(label="Name", max_length=200, error_messages={"required": "Enter the person's name."})
    title = TextField(label="Title", max_length=100, required=False, help_text="What they do there.")
    email = AddressOfMailField(label="E-mail", error_messages={"required": "Enter the person's e-mail address."})
    phone = TextField(label="Phone", max_length=40, required=False)
    is_primary = forms.BooleanField(label="Receives invoices", required=False)


class NoteForm(forms.Form):
    text = TextField(
        label="Note",
        max_length=4000,
        multiline=True,
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": "Write the note first."},
    )


class CustomerFilterForm(forms.Form):
    """The filters of the customer list, as the address of the page holds them."""

    q = PlainTextField(label="Search customers", max_length=100, required=False)
    show = forms.ChoiceField(choices=[(key, key) for key in FILTERS], required=False)
    owner = RecordField(
        sentence="This member cannot be found. Choose another.",
        label="Owner",
        required=False,
        empty_label="Any owner",
    )
    currency = forms.ChoiceField(label="Currency", choices=ANY_CURRENCY, required=False)
    sort = forms.CharField(required=False)

    def __init__(self, data: Any, *, access: Access, listed: Sequence[CustomField] = ()) -> None:
        super().__init__(data)
        self.fields["owner"].queryset = possible_owners(access.company)
        self.own = {input_name(field): field for field in listed}
        for name, field in self.own.items():
            self.fields[name] = ValueField(field, nothing="Any")

    @property
    def own_fields(self) -> list[forms.BoundField]:
        """Those the company made."""
        return [self[name] for name in self.own]

    def clean_sort(self) -> str:
        sort = self.cleaned_data["sort"]
        return sort if sort in ORDERS else "name"

    def chosen(self) -> dict[str, str]:
        """The filters in use, as the address holds them. How the list is sorted leaves nobody out."""
        return {name: str(self.data[name]) for name in self.fields if name != "sort" and self.cleaned_data[name]}

    def words(self) -> str:
        """The filters in use, for people."""
        return "; ".join(f"{self[name].label}: {self.cleaned_data[name]}" for name in self.chosen()) or "All of them"

    def filters(self) -> CustomerFilters:
        given = self.cleaned_data
        return CustomerFilters(
            text=given["q"],
            show=given["show"],
            owner=given["owner"],
            currency=given["currency"],
            sort=given["sort"],
            values={field: given[name] for name, field in self.own.items() if given[name]},
        )
