from typing import Any

from django import forms
from django.db.models import QuerySet

from billing.forms.amounts import DayField, NumberField
from billing.forms.choices import RecordField
from billing.forms.fields import CurrencyCodeField, TextField
from billing.models import Customer
from billing.queries.invoice_list import NEWEST, ORDERS, STATUSES, InvoiceFilters

LARGEST_AMOUNT = 10**15
ANY_STATUS = [("", "Any status"), *STATUSES.items()]

UNKNOWN = {"invalid_choice": "This is not one of the choices. Choose from the list."}


class InvoiceFilterForm(forms.Form):
    """The filters of the invoice list, as the address of the page holds them."""

    q = TextField(label="Search invoices", max_length=100, required=False)
    status = forms.ChoiceField(choices=ANY_STATUS, required=False, error_messages=UNKNOWN)
    customer = RecordField(sentence="This customer cannot be found. Choose another.", required=False)
    currency = CurrencyCodeField()
    issued_from = DayField(label="Issued from", required=False)
    issued_to = DayField(label="Issued to", required=False)
    due_from = DayField(label="Due from", required=False)
    due_to = DayField(label="Due to", required=False)
    amount_from = NumberField(label="Amount from", name="amount", largest=LARGEST_AMOUNT, places=4, required=False)
    amount_to = NumberField(label="Amount to", name="amount", largest=LARGEST_AMOUNT, places=4, required=False)
    sort = forms.CharField(required=False)

    def __init__(self, data: Any, *, customers: QuerySet[Customer]) -> None:
        super().__init__(data)
        self.fields["customer"].offer(customers, nothing="Any customer", chosen=self.data.get("customer"))

    def clean_sort(self) -> str:
        sort = self.cleaned_data["sort"]
        return sort if sort in ORDERS else NEWEST

    def clean(self) -> dict[str, Any]:
        for what, end in (("issued", "day"), ("due", "day"), ("amount", "amount")):
            first, last = self.cleaned_data.get(f"{what}_from"), self.cleaned_data.get(f"{what}_to")
            if first is not None and last is not None and first > last:
                self.add_error(f"{what}_to", f"This {end} comes before the one it should end after.")
        return self.cleaned_data

    def filters(self) -> InvoiceFilters:
        chosen = {name: value for name, value in self.cleaned_data.items() if name not in ("q", "sort")}
        return InvoiceFilters(text=self.cleaned_data["q"], **chosen)
