"""The rows of the invoice editor: lines, and the discounts and charges on the whole invoice."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet

from billing import formats
from billing.drafts import AdjustmentEntry, LineEntry
from billing.forms.amounts import AmountField, NumberField, share_of
from billing.forms.fields import TextField
from billing.forms.rows import ROWS_READ
from billing.lines import PRICE_SCALE, QUANTITY_SCALE
from billing.models import InvoiceAdjustment, Item, TaxRate

MOST_LINES = 500
MOST_ADJUSTMENTS = 20
LARGEST_QUANTITY = 10**9
LARGEST_PRICE = 10**12
ATTRIBUTES: dict[str, dict[str, str | int | bool]] = {
    "name": {"data-autocomplete": True, "data-id-field": "item", "data-with": "currency", "autocomplete": "off"},
    "description": {"rows": 1, "placeholder": "Details"},
    "quantity": {},
    "unit": {"placeholder": "Unit"},
    "unit_price": {"placeholder": "0.00"},
    "price_base_quantity": {"placeholder": "1"},
    "discount": {"placeholder": "\N{MINUS SIGN} 10%"},
}


@dataclass(frozen=True, slots=True)
class Catalog:
    """What lines may refer to, read once for all of them."""

    items: Mapping[str, Item]
    tax_rates: Mapping[str, TaxRate]

    @classmethod
    def read(cls, items: QuerySet[Item], item_ids: Iterable[str], tax_rates: Iterable[TaxRate]) -> "Catalog":
        ids = {known for text in item_ids if (known := as_uuid(text))}
        found = items.in_bulk(ids) if ids else {}
        return cls({str(pk): item for pk, item in found.items()}, {str(rate.pk): rate for rate in tax_rates})


class TaxRatesField(forms.MultipleChoiceField):
    default_error_messages = {"invalid_choice": "This tax rate cannot be found. Choose from the list."}
    widget = forms.CheckboxSelectMultiple

    def __init__(self) -> None:
        super().__init__(label="Tax", required=False)


class RowForm(forms.Form):
    """A row that counts only once something is written in it; the words of `fills` are what counts."""

    fills: tuple[str, ...] = ()

    def __init__(self, *args: Any, catalog: Catalog, currency: str, suggestions: str = "", **options: Any) -> None:
        super().__init__(*args, **(options | {"empty_permitted": True, "use_required_attribute": False}))
        self.catalog, self.currency, self.suggestions = catalog, currency, suggestions
        self.amount = ""
        self.fields["tax_rates"].choices = [(id, str(rate)) for id, rate in catalog.tax_rates.items()]

    def has_changed(self) -> bool:
        return any(str(self.data.get(self.add_prefix(name)) or "").strip() for name in self.fills)

    @property
    def is_used(self) -> bool:
        return self.is_bound and self.has_changed()

    def chosen_tax_rates(self) -> tuple[TaxRate, ...]:
        return tuple(self.catalog.tax_rates[id] for id in self.cleaned_data["tax_rates"])


class LineForm(RowForm):
    fills = ("item", "name", "description", "unit_price", "discount")

    item = forms.CharField(widget=forms.HiddenInput, required=False)
    name = TextField(
        label="Item or description", max_length=200, error_messages={"required": "Say what this line is for."}
    )
    description = TextField(label="Details", max_length=10_000, multiline=True, required=False)
    quantity = NumberField(
        label="Quantity",
        name="quantity",
        largest=LARGEST_QUANTITY,
        places=QUANTITY_SCALE,
        initial="1",
        error_messages={"required": "Say how many."},
    )
    unit = TextField(label="Unit", max_length=20, required=False)
    unit_price = NumberField(
        label="Price",
        name="price",
        largest=LARGEST_PRICE,
        places=PRICE_SCALE,
        error_messages={"required": "Say what one costs."},
    )
    price_base_quantity = NumberField(
        label="Price is for", name="base quantity", largest=LARGEST_QUANTITY, places=QUANTITY_SCALE, required=False
    )
    discount = AmountField(label="Discount", required=False)
    tax_rates = TaxRatesField()

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for name, attributes in ATTRIBUTES.items():
            self.fields[name].widget.attrs |= {"aria-label": self.fields[name].label, **attributes}
        self.fields["name"].widget.attrs["data-url"] = self.suggestions

    def clean_item(self) -> Item | None:
        id = self.cleaned_data["item"]
        if id and id not in self.catalog.items:
            raise ValidationError(
                "This item cannot be found. Choose another, or write the line without one.", code="invalid_choice"
            )
        return self.catalog.items.get(id)

    def clean_price_base_quantity(self) -> Decimal:
        base = self.cleaned_data["price_base_quantity"]
        if base == 0:
            raise ValidationError("The price is for more than zero. Write 1, or 100 for a price per hundred.")
        return base or Decimal(1)

    def clean_discount(self) -> Any:
        text = self.cleaned_data["discount"]
        return share_of(text, self.currency) if text else (None, None)

    def entry(self) -> LineEntry:
        entered = self.cleaned_data
        percent, amount = entered["discount"]
        return LineEntry(
            name=entered["name"],
            description=entered["description"],
            quantity=entered["quantity"],
            unit=entered["unit"],
            unit_price=entered["unit_price"],
            price_base_quantity=entered["price_base_quantity"],
            discount_percent=percent,
            discount_amount=amount,
            tax_rates=self.chosen_tax_rates(),
            item=entered["item"],
        )


class AdjustmentForm(RowForm):
    fills = ("label", "value")

    kind = forms.ChoiceField(
        label="Kind",
        choices=InvoiceAdjustment.Kind.choices,
        error_messages=dict.fromkeys(("required", "invalid_choice"), "Choose discount or charge."),
    )
    label = TextField(label="Called", max_length=100, error_messages={"required": "Say what it is, such as Shipping."})
    value = AmountField(label="Percent or amount", error_messages={"required": "Say how much, such as 10% or 25.00."})
    tax_rates = TaxRatesField()

    def clean_value(self) -> Any:
        return share_of(self.cleaned_data["value"], self.currency)

    def entry(self) -> AdjustmentEntry:
        percent, amount = self.cleaned_data["value"]
        return AdjustmentEntry(
            kind=self.cleaned_data["kind"],
            label=self.cleaned_data["label"],
            percent=percent,
            amount=amount,
            tax_rates=self.chosen_tax_rates() or None,
        )


class RowFormSet(forms.BaseFormSet):
    """Rows as posted, in their order; what is not in the post is gone."""

    default_error_messages = {
        "missing_management_form": "The page sent its lines incompletely. Check them and try again.",
        "too_many_forms": "An invoice can have at most %(num)d of these. Split it into several invoices.",
    }

    def total_form_count(self) -> int:
        """No more forms than rows were posted, whatever the page claims their number is."""
        claimed = super().total_form_count()
        return min(claimed, self._posted()) if self.is_bound else claimed

    def used(self) -> list[Any]:
        return [form for form in self.forms if form.is_used]

    def _posted(self) -> int:
        own = f"{self.prefix}-"
        numbers = (name[len(own) :].partition("-")[0] for name in self.data if name.startswith(own))
        return max(
            (int(number) + 1 for number in numbers if number.isascii() and number.isdigit() and len(number) < 5),
            default=0,
        )


LineFormSet = forms.formset_factory(
    LineForm, formset=RowFormSet, extra=0, max_num=MOST_LINES, absolute_max=ROWS_READ, validate_max=True
)
AdjustmentFormSet = forms.formset_factory(
    AdjustmentForm, formset=RowFormSet, extra=0, max_num=MOST_ADJUSTMENTS, absolute_max=100, validate_max=True
)


def line_as_typed(entry: LineEntry) -> dict[str, Any]:
    """A line as its fields would show it."""
    return {
        "item": str(entry.item.pk) if entry.item else "",
        "name": entry.name,
        "description": entry.description,
        "quantity": f"{entry.quantity.normalize():f}",
        "unit": entry.unit,
        "unit_price": _price_as_typed(entry.unit_price),
        "price_base_quantity": "" if entry.price_base_quantity == 1 else f"{entry.price_base_quantity.normalize():f}",
        "discount": _share_as_typed(entry.discount_percent, entry.discount_amount),
        "tax_rates": [str(rate.pk) for rate in entry.tax_rates],
    }


def adjustment_as_typed(entry: AdjustmentEntry) -> dict[str, Any]:
    return {
        "kind": entry.kind,
        "label": entry.label,
        "value": _share_as_typed(entry.percent, entry.amount),
        "tax_rates": [str(rate.pk) for rate in entry.tax_rates or ()],
    }


def _price_as_typed(price: Decimal) -> str:
    shortest = price.normalize()
    return f"{shortest:.2f}" if int(shortest.as_tuple().exponent) > -2 else f"{shortest:f}"


def _share_as_typed(percent: Decimal | None, amount: Any) -> str:
    if percent:
        return f"{percent.normalize():f}%"
    return formats.typed(amount) if amount else ""


def as_uuid(text: str) -> UUID | None:
    """The id somebody sent, if it is one."""
    try:
        return UUID(text)
    except ValueError:
        return None
