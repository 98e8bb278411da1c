"""Recording money by hand, and using it on invoices."""

import datetime
from collections.abc import Sequence
from typing import Any
from uuid import UUID, uuid4

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet

from billing.formats import money, typed
from billing.forms.amounts import AmountField, DayField, amount_in
from billing.forms.choices import RecordField
from billing.forms.fields import CurrencyCodeField, CurrencyField, TextField
from billing.models import Customer, Payment
from billing.money import LARGEST, Money
from billing.queries.open_invoices import OpenInvoice, shared_out
from billing.queries.payment_list import STATES, PaymentFilters
from billing.queries.recipients import Recipient

USE = "use-"


class PaymentForm(forms.Form):
    """What arrived, and how much of it goes to each open invoice. What is left stays to the customer's credit."""

    amount = AmountField(label="Amount", error_messages={"required": "Say how much arrived."})
    currency = CurrencyField(widget=forms.HiddenInput)
    received_date = DayField(label="Arrived on", error_messages={"required": "Say on which day it arrived."})
    method = forms.ChoiceField(
        label="How it was paid",
        choices=Payment.Method.choices,
        error_messages=dict.fromkeys(("required", "invalid_choice"), "Choose how it was paid."),
    )
    reference = TextField(
        label="Reference", max_length=100, required=False, help_text="A cheque number, or the text of the transfer."
    )
    send_receipt = forms.BooleanField(label="Send a receipt", required=False)
    request_key = forms.UUIDField(
        widget=forms.HiddenInput,
        error_messages=dict.fromkeys(
            ("required", "invalid"), "The form came incompletely. Check it and send it again."
        ),
    )

    def __init__(
        self,
        data: Any = None,
        *,
        invoices: Sequence[OpenInvoice],
        today: datetime.date,
        receipt_to: Recipient | None,
        **options: Any,
    ) -> None:
        super().__init__(data, **options)
        self.receipt_to = receipt_to
        if receipt_to:
            self.fields["send_receipt"].label = f"Send a receipt to {receipt_to[1]}"
        else:
            self.fields.pop("send_receipt")
        self.invoices, self.today = invoices, today
        for invoice in invoices:
            field = AmountField(label=f"Used on {invoice.number}", required=False)
            field.widget.attrs |= {"aria-label": field.label, "placeholder": "0.00"}
            self.fields[f"{USE}{invoice.id}"] = field

    def rows(self) -> list[tuple[OpenInvoice, forms.BoundField]]:
        return [(invoice, self[f"{USE}{invoice.id}"]) for invoice in self.invoices]

    def clean_received_date(self) -> datetime.date:
        day: datetime.date = self.cleaned_data["received_date"]
        if day > self.today:
            raise ValidationError("The money cannot have arrived in the future. Choose today or an earlier day.")
        return day

    def clean(self) -> dict[str, Any]:
        currency = self.cleaned_data.get("currency")
        if currency:
            self._read_amounts(currency)
        if "request_key" in self.errors:
            typed = self.data.copy()
            typed["request_key"] = str(uuid4())
            self.data = typed
        if self._names_others():
            gone = "An invoice that was listed is no longer open. Check the list and send it again."
            self.add_error(None, ValidationError(gone, code="invalid_choice"))
        return self.cleaned_data

    def parts(self) -> dict[UUID, Money]:
        """How much goes to each invoice."""
        return {invoice.id: part for invoice in self.invoices if (part := self.cleaned_data.get(f"{USE}{invoice.id}"))}

    def _read_amounts(self, currency: str) -> None:
        amount = self._amount("amount", currency)
        used = 0
        for invoice in self.invoices:
            part = self._amount(f"{USE}{invoice.id}", currency)
            if part and part > invoice.balance:
                self.add_error(
                    f"{USE}{invoice.id}", f"Only {money(invoice.balance)} of {invoice.number} is left to pay."
                )
            elif part:
                used += part.minor
        if amount and used > amount.minor:
            self.add_error("amount", "The parts below come to more than this. Lower a part, or correct the amount.")

    def _amount(self, name: str, currency: str) -> Money | None:
        text = self.cleaned_data.get(name)
        if not text:
            return None
        try:
            amount = amount_in(text, currency)
            if amount.minor < 0 or (name == "amount" and not amount):
                raise ValidationError("This must be more than zero.")
        except ValidationError as refusal:
            self.add_error(name, refusal)
            return None
        self.cleaned_data[name] = amount
        return amount

    def _names_others(self) -> bool:
        known = {f"{USE}{invoice.id}" for invoice in self.invoices}
        return any(name.startswith(USE) and name not in known and self.data[name].strip() for name in self.data)


def shared_out_as_typed(data: Any, currency: str, invoices: Sequence[OpenInvoice]) -> dict[str, str]:
    """What the fields say after sharing the typed amount out, oldest first; without an amount, all that is owed."""
    try:
        amount = amount_in(data.get("amount", "").strip(), currency)
    except ValidationError:
        amount = Money.zero(currency)
    if amount.minor <= 0:
        amount = Money(min(sum(invoice.balance.minor for invoice in invoices), LARGEST), currency)
    parts = shared_out(amount, invoices)
    kept = {name: data.get(name) for name in PaymentForm.base_fields if name in data}
    return kept | {"amount": typed(amount)} | {f"{USE}{id}": typed(part) for id, part in parts.items()}


def starting_values(invoice: OpenInvoice | None, currency: str, today: datetime.date) -> dict[str, Any]:
    start = {"currency": currency, "received_date": today, "method": Payment.Method.WIRE, "request_key": uuid4()}
    if invoice:
        start |= {"amount": typed(invoice.balance), f"{USE}{invoice.id}": typed(invoice.balance)}
    return start


class ChooseCustomerForm(forms.Form):
    """Whose money it is."""

    customer = RecordField(sentence="Choose the customer the money came from.")

    def __init__(self, data: Any = None, *, customers: QuerySet[Customer], listed: Sequence[Customer]) -> None:
        super().__init__(data)
        self.fields["customer"].queryset = customers
        self.fields["customer"].choices = [("", "Choose a customer"), *((one.pk, one.name) for one in listed)]


class AllocateForm(forms.Form):
    """Using what is left of a payment on one more invoice."""

    invoice = forms.ChoiceField(
        label="Invoice", error_messages={"invalid_choice": "This invoice is not open. Choose another from the list."}
    )
    amount = AmountField(label="Amount", error_messages={"required": "Say how much of it."})

    def __init__(
        self, data: Any = None, *, invoices: Sequence[OpenInvoice], first: OpenInvoice | None, rest: Money
    ) -> None:
        usual = {"invoice": str(first.id), "amount": typed(min(rest, first.balance))} if first else {}
        super().__init__(data, initial=usual)
        self.currency = rest.currency
        self.fields["invoice"].choices = [(str(one.id), f"{one.number}, {one.owed} due {one.due}") for one in invoices]

    def clean_amount(self) -> Money:
        return amount_in(self.cleaned_data["amount"], self.currency)


class PaymentFilterForm(forms.Form):
    """The filters of the payment list, as the address of the page holds them."""

    q = TextField(label="Search payments", max_length=100, required=False)
    state = forms.ChoiceField(choices=[("", "All"), *STATES.items()], required=False)
    customer = RecordField(sentence="This customer cannot be found. Choose another.", required=False)
    currency = CurrencyCodeField()
    method = forms.ChoiceField(label="How it was paid", choices=[("", "Any"), *Payment.Method.choices], required=False)
    received_from = DayField(label="Arrived from", required=False)
    received_to = DayField(label="Arrived to", required=False)

    def __init__(self, data: Any, *, customers: QuerySet[Customer]) -> None:
        super().__init__(data)
        self.fields["customer"].offer(customers, nothing="Any customer", chosen=self.data.get("customer"))

    def clean(self) -> dict[str, Any]:
        first, last = self.cleaned_data.get("received_from"), self.cleaned_data.get("received_to")
        if first and last and first > last:
            self.add_error("received_to", "This day comes before the one it should end after.")
        return self.cleaned_data

    def filters(self) -> PaymentFilters:
        chosen = {name: value for name, value in self.cleaned_data.items() if name != "q"}
        return PaymentFilters(text=self.cleaned_data["q"], **chosen)
