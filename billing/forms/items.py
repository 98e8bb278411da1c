from typing import Any

from django import forms
from django.db.models import Q, QuerySet

from billing.forms.amounts import NumberField
from billing.forms.fields import CurrencyField, RecordForm, SomeOfField, TextField
from billing.models import Item, Seller, TaxRate
from security.text import PlainTextField

LARGEST_PRICE = 10**12
PRICE_PLACES = 6
PERCENT_PLACES = 4


class ItemForm(RecordForm):
    name = TextField(label="Name", max_length=200, error_messages={"required": "Enter the item's name."})
    code = TextField(
        label="Code",
        max_length=60,
        help_text="A short name of your own, such as CONSULTING. No other item has it.",
        error_messages={"required": "Enter a short code."},
    )
    description = TextField(
        label="Description",
        max_length=2000,
        multiline=True,
        required=False,
        help_text="Stands under the name on each line.",
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    unit_price = NumberField(
        label="Price",
        name="price",
        largest=LARGEST_PRICE,
        places=PRICE_PLACES,
        error_messages={"required": "Enter the price of one unit."},
    )
    currency = CurrencyField(label="Currency", error_messages={"required": "Choose the currency of the price."})
    unit = TextField(label="Unit", max_length=20, required=False, help_text="Such as hour, piece or kg.")
    tax_rates = SomeOfField(
        label="Tax rates",
        queryset=None,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="Charged on each line unless you choose others there.",
        error_messages={"invalid_choice": "Choose tax rates from the list."},
    )

    def __init__(self, data: Any = None, *, tax_rates: QuerySet[TaxRate], seller: Seller, record: Item | None = None):
        chosen = list(record.tax_rates.all()) if record else []
        usual = {"unit_price": record.unit_price.normalize()} if record else {"currency": seller.currency}
        super().__init__(data, record=record, initial=usual | {"tax_rates": chosen})
        kept = Q(pk__in=[rate.pk for rate in chosen])
        self.fields["tax_rates"].queryset = tax_rates.filter(Q(archived_at__isnull=True) | kept).order_by("name", "pk")

    def details(self) -> dict[str, Any]:
        entered = super().details()
        entered.pop("tax_rates")
        return entered

    def chosen_tax_rates(self) -> list[TaxRate]:
        return list(self.cleaned_data["tax_rates"])


class ItemFilterForm(forms.Form):
    """The filters of the item list, as the address of the page holds them."""

    q = PlainTextField(label="Search items", max_length=100, required=False)
    show = forms.ChoiceField(choices=[("", "Active"), ("archived", "Archived")], required=False)


class TaxRateForm(forms.Form):
    name = TextField(
        label="Name",
        max_length=60,
        help_text="As it stands on invoices, such as VAT.",
        error_messages={"required": "Enter the name of the tax."},
    )
    percent = NumberField(
        label="Rate in percent",
        name="rate",
        largest=101,
        places=PERCENT_PLACES,
        error_messages={"required": "Enter the rate, such as 19 or 7.5."},
    )
    category = forms.ChoiceField(
        label="Kind",
        choices=TaxRate.Category.choices,
        initial=TaxRate.Category.STANDARD,
        help_text="Electronic invoices say why a rate is zero.",
        error_messages={"required": "Choose the kind of tax.", "invalid_choice": "Choose the kind from the list."},
    )
