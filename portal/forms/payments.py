from typing import Any

from django import forms

from billing import formats
from billing.models import Invoice
from billing.money import Money, MoneyError
from security.ids import uuid7

OUT_OF_DATE = "This form is out of date. Open the invoice again and pay from there."


class PayForm(forms.Form):
    """How much to pay now. `request_key` makes a second press of the button the same attempt."""

    amount = forms.CharField(max_length=40, label="Amount to pay")
    request_key = forms.UUIDField(
        widget=forms.HiddenInput,
        error_messages={"invalid": OUT_OF_DATE, "required": OUT_OF_DATE},
    )

    def __init__(self, *args: Any, invoice: Invoice, **kwargs: Any) -> None:
        self.invoice = invoice
        kwargs["initial"] = {"amount": formats.typed(invoice.balance), "request_key": uuid7()}
        super().__init__(*args, **kwargs)
        self.fields["amount"].help_text = f"In {invoice.currency}, up to {formats.money(invoice.balance)}."
        self.fields["amount"].widget.attrs |= {"inputmode": "decimal", "autocomplete": "off"}

    def clean_amount(self) -> Money:
        try:
            amount = Money.parse(self.cleaned_data["amount"], self.invoice.currency)
        except MoneyError as refusal:
            raise forms.ValidationError(str(refusal)) from refusal
        if not 0 < amount.minor <= self.invoice.balance.minor:
            raise forms.ValidationError(
                f"Pay more than zero and at most {formats.money(self.invoice.balance)}, which is what is left."
            )
        return amount
