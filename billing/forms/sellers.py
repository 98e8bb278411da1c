from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from billing.forms.fields import (
    AddressOfMailField,
    ColourField,
    CountryField,
    CurrencyField,
    RecordForm,
    TermsField,
    TextField,
)
from billing.models import Seller

LARGEST_LOGO = 2 * 1024 * 1024


class SellerForm(RecordForm):
    legal_name = TextField(
        label="Legal name", max_length=200, error_messages={"required": "Enter the name your company is registered as."}
    )
    address = TextField(
        label="Address",
        max_length=600,
        multiline=True,
        required=False,
        help_text="As it stands on an envelope, without the name and the country.",
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    country = CountryField(label="Country")
    tax_id = TextField(label="Tax number", max_length=40, required=False)
    registration = TextField(
        label="Registration", max_length=200, required=False, help_text="Such as the court and number of a register."
    )
    email = AddressOfMailField(label="E-mail", required=False, help_text="Where customers write with questions.")
    phone = TextField(label="Phone", max_length=40, required=False)
    website = TextField(label="Website", max_length=200, required=False)
    currency = CurrencyField(label="Currency", error_messages={"required": "Choose the currency you bill in."})
    payment_terms = TermsField(
        label="Payment terms", error_messages={"required": "Enter when invoices are due, such as NET 30."}
    )
    prices_include_tax = forms.BooleanField(label="Prices include tax", required=False)
    tax_rounding = forms.ChoiceField(
        label="Tax is rounded",
        choices=Seller.TaxRounding.choices,
        error_messages={"required": "Choose how tax is rounded.", "invalid_choice": "Choose one from the list."},
    )
    bank_details = TextField(
        label="Payment instructions",
        max_length=1000,
        multiline=True,
        required=False,
        help_text="Printed on each invoice: your bank and account, and what to quote.",
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    footer = TextField(
        label="Footer",
        max_length=600,
        multiline=True,
        required=False,
        help_text="The small print at the foot of each page.",
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    brand_colour = ColourField(
        label="Brand colour",
        help_text="As # and six hexadecimal digits, such as #1f5eff.",
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        error_messages={"required": "Write a colour, such as #1f5eff."},
    )
    reminders_enabled = forms.BooleanField(
        label="Remind customers of what falls due",
        required=False,
        help_text="By e-mail, 3 days before the due date, 3 days and 14 days after it.",
    )


class LogoForm(forms.Form):
    logo = forms.FileField(
        label="Picture",
        help_text="PNG or JPEG, at most 2 MB.",
        widget=forms.FileInput(attrs={"accept": "image/png,image/jpeg"}),
        error_messages={
            "required": "Choose a picture first.",
            "empty": "This file is empty. Choose a PNG or JPEG picture.",
            "invalid": "Choose a PNG or JPEG picture.",
            "missing": "Choose a PNG or JPEG picture.",
        },
    )

    def clean_logo(self) -> Any:
        logo = self.cleaned_data["logo"]
        if logo.size > LARGEST_LOGO:
            raise ValidationError("This picture is larger than 2 MB. Choose a smaller one.")
        return logo
