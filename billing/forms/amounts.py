"""Numbers, amounts and days as people type them into a form: read exactly, never guessed, never rounded."""

import datetime
import re
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from billing.money import Money, MoneyError
from security.text import PlainTextField

FIRST_DAY = datetime.date(1970, 1, 1)
LAST_DAY = datetime.date(2199, 12, 31)
LONGEST_NUMBER = 30

_NUMBER = re.compile(r"(?P<sign>[+-]?)(?P<whole>[0-9]+|[0-9]{1,3}(?:,[0-9]{3})+)?(?:\.(?P<part>[0-9]*))?", re.ASCII)


class DayField(forms.DateField):
    """A day of the calendar, in years business is done in."""

    default_error_messages = {"invalid": "This is not a day of the calendar. Write it like 2026-03-12."}

    def __init__(self, **options: Any) -> None:
        super().__init__(widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}), **options)

    def to_python(self, value: Any) -> datetime.date | None:
        day = super().to_python(value)
        if day and not FIRST_DAY <= day <= LAST_DAY:
            raise ValidationError(f"Choose a day between {FIRST_DAY.year} and {LAST_DAY.year}.", code="out_of_range")
        return day


class NumberField(forms.CharField):
    """An exact decimal of at least zero, below `largest`, with at most `places` decimals."""

    def __init__(self, *, name: str, largest: int, places: int, **options: Any) -> None:
        self.name, self.largest, self.places = name, largest, places
        options.setdefault("widget", forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}))
        super().__init__(**options)

    def to_python(self, value: Any) -> Decimal | None:  # type: ignore[override]
        text = (super().to_python(value) or "").replace("\N{MINUS SIGN}", "-")
        if not text:
            return None
        number = read_number(text)
        if number is None:
            raise ValidationError("This is not a number. Write digits, with a point before the decimals, like 1.5.")
        if number < 0:
            raise ValidationError(f"The {self.name} cannot be negative.")
        if number >= self.largest:
            raise ValidationError(f"The {self.name} is too large. It must be below {self.largest:,}.")
        if number != number.quantize(Decimal(1).scaleb(-self.places)):
            raise ValidationError(f"The {self.name} can have at most {self.places} decimals.")
        return number

    def prepare_value(self, value: Any) -> Any:
        return f"{value:f}" if isinstance(value, Decimal) else value


class AmountField(PlainTextField):
    """An amount whose currency another field says: stays text until `amount_in` reads it in that currency."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("widget", forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}))
        super().__init__(max_length=40, **options)


def read_number(text: str) -> Decimal | None:
    """ "1,234.5" as a number; None for anything else, and for more digits than anything here has."""
    found = _NUMBER.fullmatch(text.strip())
    if found is None or len(text) > LONGEST_NUMBER or not (found["whole"] or found["part"]):
        return None
    return Decimal(f"{found['sign']}{(found['whole'] or '0').replace(',', '')}.{found['part'] or '0'}")


def amount_in(text: str, currency: str) -> Money:
    """The amount, or a sentence that says how to write one."""
    try:
        return Money.parse(text, currency)
    except MoneyError as refusal:
        raise ValidationError(str(refusal)) from refusal


def share_of(text: str, currency: str) -> tuple[Decimal | None, Money | None]:
    """ "10%" as a percentage, "10" as an amount."""
    if not text.endswith("%"):
        amount = amount_in(text, currency)
        if amount.minor < 0:
            raise ValidationError("Write this without a minus sign.")
        return None, amount
    percent = read_number(text.removesuffix("%"))
    if percent is None or percent < 0:
        raise ValidationError("This is not a percentage. Write it like 10% or 2.5%.")
    if percent > 100:
        raise ValidationError("More than 100% cannot be taken off or added.")
    if percent != percent.quantize(Decimal("0.0001")):
        raise ValidationError("A percentage can have at most 4 decimals.")
    return percent, None
