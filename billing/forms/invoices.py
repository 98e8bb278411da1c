"""The invoice editor as one form: its head, its lines, its discounts and charges."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.http import QueryDict
from django.urls import reverse

from billing.currencies import CURRENCIES
from billing.drafts import Draft
from billing.errors import BillingError
from billing.formats import figures, typed
from billing.forms.amounts import AmountField, DayField, amount_in
from billing.forms.choices import RecordField
from billing.forms.fields import CurrencyField, TermsField, TextField
from billing.forms.lines import (
    AdjustmentFormSet,
    Catalog,
    LineFormSet,
    adjustment_as_typed,
    line_as_typed,
)
from billing.forms.rows import as_initial, rearranged, rows_in
from billing.models import Contact, Customer, Item, Seller, TaxRate
from billing.money import Money
from billing.totals import Totals

MOST_CUSTOMERS_LISTED = 100
LINES, ADJUSTMENTS = "lines", "adjustments"
SEVERAL = ("tax_rates",)
NOBODY = "Whoever receives the customer's invoices"


@dataclass(frozen=True, slots=True)
class Choices:
    """What the editor may choose from: only what its user may see."""

    customers: QuerySet[Customer]
    contacts: QuerySet[Contact]
    items: QuerySet[Item]
    tax_rates: QuerySet[TaxRate]
    seller: Seller


class InvoiceForm(forms.Form):
    """Everything about an invoice but its lines."""

    customer = RecordField(
        missing="Choose who the invoice is for.", sentence="This customer cannot be found. Choose another."
    )
    contact = RecordField(sentence="This contact cannot be found at the customer. Choose another.", required=False)
    currency = CurrencyField(label="Currency", error_messages={"required": "Choose the currency of the invoice."})
    issue_date = DayField(label="Issue date", error_messages={"required": "Say on which day it is issued."})
    payment_terms = TermsField(
        label="Payment terms", error_messages={"required": "Say when it is due, such as NET 30."}
    )
    due_date = DayField(label="Due date, if not by the terms", required=False)
    purchase_order = TextField(label="Purchase order", max_length=60, required=False)
    message = TextField(label="Message to the customer", max_length=4000, multiline=True, required=False)
    prices_include_tax = forms.BooleanField(label="Prices include tax", required=False)
    tax_rounding = forms.ChoiceField(
        label="Tax is rounded",
        choices=Seller.TaxRounding.choices,
        error_messages=dict.fromkeys(("required", "invalid_choice"), "Choose how tax is rounded."),
    )
    prepaid = AmountField(label="Paid in advance", required=False)

    def __init__(self, *args: Any, choices: Choices, find: str = "", **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["message"].widget.attrs["rows"] = 3
        self.fields["payment_terms"].help_text = ""
        self._offer_customers(choices.customers, find)
        self._offer_contacts(choices.contacts)

    def typed_currency(self, otherwise: str) -> str:
        """The currency amounts are read in, even while other fields hold mistakes."""
        currency = self["currency"].value()
        return currency if currency in CURRENCIES else otherwise

    def clean_prepaid(self) -> Money | None:
        text, currency = self.cleaned_data["prepaid"], self.cleaned_data.get("currency")
        if not text or not currency:
            return None
        amount = amount_in(text, currency)
        if amount.minor < 0:
            raise ValidationError("The amount paid in advance cannot be negative.")
        return amount

    def clean(self) -> dict[str, Any]:
        entered = self.cleaned_data
        contact, customer = entered.get("contact"), entered.get("customer")
        if contact and customer and contact.customer_id != customer.pk:
            self.add_error("contact", self.fields["contact"].error_messages["invalid_choice"])
        if customer and customer.archived_at:
            self.add_error("customer", f"{customer} is archived. Restore the customer, or choose another.")
        issued, due = entered.get("issue_date"), entered.get("due_date")
        if issued and due and due < issued:
            self.add_error("due_date", "The due date lies before the issue date. Choose the same day or a later one.")
        return entered

    def _offer_customers(self, customers: QuerySet[Customer], find: str) -> None:
        field = self.fields["customer"]
        field.queryset = customers
        named = Q(name__icontains=find) | Q(number__istartswith=find) if find else Q()
        listed = list(customers.active().filter(named).order_by("name", "id")[: MOST_CUSTOMERS_LISTED + 1])
        self.has_more_customers = len(listed) > MOST_CUSTOMERS_LISTED or bool(find)
        self.customer = field.peek(self["customer"].value())
        if self.customer and self.customer not in listed:
            listed.insert(0, self.customer)
        listed = listed[:MOST_CUSTOMERS_LISTED]
        field.choices = [("", "Choose a customer"), *((one.pk, one.name) for one in listed)]

    def _offer_contacts(self, contacts: QuerySet[Contact]) -> None:
        field = self.fields["contact"]
        field.queryset = contacts
        listed = contacts.filter(customer=self.customer, archived_at__isnull=True) if self.customer else contacts.none()
        field.choices = [("", NOBODY), *((one.pk, f"{one.name} <{one.email}>") for one in listed.order_by("name"))]


class Editor:
    """What is on the page: empty, of a draft, as it was typed, or as it was sent to be saved."""

    def __init__(
        self,
        choices: Choices,
        *,
        data: QueryDict | None = None,
        initial: dict[str, Any] | None = None,
        lines: Sequence[dict[str, Any]] = (),
        adjustments: Sequence[dict[str, Any]] = (),
        find: str = "",
    ) -> None:
        self.find = find
        self.form = InvoiceForm(data, initial=initial, choices=choices, find=find)
        currency = self.form.typed_currency(choices.seller.currency)
        typed_rows = rows_in(data, LINES) if data is not None else [_as_posted(row) for row in lines]
        adjusted = rows_in(data, ADJUSTMENTS) if data is not None else [_as_posted(row) for row in adjustments]
        ids = {id for row in (*typed_rows, *adjusted) for id in row.get("tax_rates", [])}
        catalog = Catalog.read(
            choices.items, (row["item"][-1] for row in typed_rows if row.get("item")), _offered(choices.tax_rates, ids)
        )
        given = {"catalog": catalog, "currency": currency}
        suggested = given | {"suggestions": reverse("billing:item_suggestions")}
        self.lines = LineFormSet(data, prefix=LINES, initial=lines or [{}], form_kwargs=suggested)
        self.adjustments = AdjustmentFormSet(data, prefix=ADJUSTMENTS, initial=adjustments, form_kwargs=given)
        self.totals: Totals | None = None

    @classmethod
    def of_draft(cls, choices: Choices, draft: Draft) -> "Editor":
        return cls(
            choices,
            initial=_head_as_typed(draft),
            lines=[line_as_typed(entry) for entry in draft.lines],
            adjustments=[adjustment_as_typed(entry) for entry in draft.adjustments],
        )

    @classmethod
    def as_typed(cls, choices: Choices, data: QueryDict) -> "Editor":
        """The page as it was sent, after the button that was pressed; nothing is checked, nothing is lost."""
        lines = rearranged(
            rows_in(data, LINES), data, add="add_line", remove="remove_line", up="move_up", down="move_down"
        )
        adjustments = rearranged(rows_in(data, ADJUSTMENTS), data, add="add_adjustment", remove="remove_adjustment")
        return cls(
            choices,
            initial={name: data.get(name) for name in InvoiceForm.base_fields if name in data},
            lines=[as_initial(row, SEVERAL) for row in lines],
            adjustments=[as_initial(row, SEVERAL) for row in adjustments],
            find=data.get("find", "").strip()[:100].replace("\0", ""),
        )

    @property
    def is_bound(self) -> bool:
        return self.form.is_bound

    @property
    def parts(self) -> list[Any]:
        return [self.form, self.lines, self.adjustments]

    def is_valid(self) -> bool:
        checked = [one.is_valid() for one in self.parts]
        return all(checked)

    def draft(self) -> Draft:
        """What was entered; only after `is_valid`."""
        return self._draft(self.form.cleaned_data["customer"], self.form.cleaned_data)

    def draft_for_totals(self, today: datetime.date, otherwise: str) -> Draft:
        """Enough of it to add up while the head of the form is still being filled in; lines must be valid."""
        head = {
            "issue_date": today,
            "payment_terms": "NET 0",
            "tax_rounding": Seller.TaxRounding.DOCUMENT,
        } | {name: value for name, value in self.form.cleaned_data.items() if name not in ("customer", "contact")}
        head["currency"] = head.get("currency") or self.form.typed_currency(otherwise)
        return self._draft(Customer(), head)

    def take(self, totals: Totals) -> None:
        """Show what it comes to, line by line."""
        self.totals = totals
        rows = self.lines.used() if self.is_bound else self.lines.forms
        for row, line in zip(rows, totals.lines, strict=False):
            row.amount = figures(line.net)

    def refuse(self, refusal: BillingError) -> None:
        """Say beside the line, or above the form, why the books do not take it."""
        number = getattr(refusal.__cause__, "line", None)
        used = self.lines.used()
        if number is not None and number <= len(used):
            sentence = str(refusal).removeprefix(f"Line {number}: ")
            used[number - 1].add_error(None, sentence)
        else:
            self.form.add_error(None, str(refusal))

    def problems(self) -> list[tuple[str, str]]:
        """Everything that is wrong, as (where it stands, sentence)."""
        if not self.is_bound:
            return []
        found = [("", str(error)) for error in self.form.non_field_errors()]
        found += _problems_of(self.form, "")
        for formset, name in ((self.lines, "Line"), (self.adjustments, "Discount or charge")):
            found += [("", str(error)) for error in formset.non_form_errors()]
            for number, row in enumerate(formset.forms, start=1):
                if row.is_used:
                    found += [("", f"{name} {number}: {error}") for error in row.non_field_errors()]
                    found += _problems_of(row, f"{name} {number}, ")
        return found

    def _draft(self, customer: Customer, head: dict[str, Any]) -> Draft:
        return Draft(
            customer=customer,
            lines=[row.entry() for row in self.lines.used()],
            adjustments=[row.entry() for row in self.adjustments.used()],
            **{name: value for name, value in head.items() if name != "customer"},
        )


def _problems_of(form: forms.Form, where: str) -> list[tuple[str, str]]:
    return [
        (form[name].id_for_label or form[name].auto_id, f"{where}{form[name].label}: {error}")
        for name, errors in form.errors.items()
        if name in form.fields
        for error in errors
    ]


def _head_as_typed(draft: Draft) -> dict[str, Any]:
    head = {name: getattr(draft, name) for name in InvoiceForm.base_fields}
    return head | {"prepaid": typed(draft.prepaid) if draft.prepaid else ""}


def _as_posted(row: dict[str, Any]) -> dict[str, list[str]]:
    return {name: value if isinstance(value, list) else [str(value)] for name, value in row.items()}


def _offered(tax_rates: QuerySet[TaxRate], ids: set[str]) -> list[TaxRate]:
    """The rates in use, and those the rows hold already whatever became of them."""
    return [rate for rate in tax_rates.order_by("name", "id") if rate.archived_at is None or str(rate.pk) in ids]
