"""Columns for money and for exact decimals: whole numbers on every database, so nothing is ever rounded by one."""

from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.query_utils import DeferredAttribute

from billing.money import CurrencyMismatch, Money


class MoneyAttribute(DeferredAttribute):
    """Reads the stored minor units as `Money` in the currency of the row."""

    def __get__(self, instance: Any, cls: Any = None) -> Any:
        if instance is None:
            return self
        value = super().__get__(instance, cls)
        return Money(value, instance.currency) if isinstance(value, int) else value

    def __set__(self, instance: Any, value: Any) -> None:
        if isinstance(value, Money):
            currency = instance.__dict__.get("currency", value.currency)
            if currency != value.currency:
                raise CurrencyMismatch(f"{value.plain()} cannot be kept in a row of {currency}.")
            value = value.minor
        instance.__dict__[self.field.attname] = value


class MoneyField(models.BigIntegerField):
    """An amount in minor units of the row's `currency`; reads and takes `Money`."""

    # The types of the attribute, for mypy: what it takes and what it gives.
    _pyi_private_set_type: Money  # type: ignore[assignment]
    _pyi_private_get_type: Money  # type: ignore[assignment]
    descriptor_class = MoneyAttribute

    def get_prep_value(self, value: Any) -> Any:
        return value.minor if isinstance(value, Money) else super().get_prep_value(value)

    def to_python(self, value: Any) -> Any:
        return value if isinstance(value, Money) else super().to_python(value)

    def clean(self, value: Any, model_instance: Any) -> Any:
        return super().clean(value.minor if isinstance(value, Money) else value, model_instance)


class ScaledField(models.BigIntegerField):
    """An exact decimal with at most `scale` places, kept as a whole number of its smallest step."""

    _pyi_private_set_type: Decimal | int | str  # type: ignore[assignment]
    _pyi_private_get_type: Decimal  # type: ignore[assignment]

    def __init__(self, *args: Any, scale: int, **kwargs: Any) -> None:
        self.scale = scale
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> Any:
        name, path, args, kwargs = super().deconstruct()
        return name, path, args, {**kwargs, "scale": self.scale}

    def from_db_value(self, value: int | None, expression: Any, connection: Any) -> Decimal | None:
        return None if value is None else Decimal(value).scaleb(-self.scale)

    def to_python(self, value: Any) -> Decimal | None:
        return None if value is None else Decimal(value)

    def get_prep_value(self, value: Any) -> Any:
        if value is None or hasattr(value, "resolve_expression"):
            return value
        if isinstance(value, float):
            raise TypeError("Floats are not exact: give a Decimal, a whole number or text.")
        scaled = Decimal(value).scaleb(self.scale)
        if scaled != scaled.to_integral_value():
            raise ValidationError(f"{value} has more than {self.scale} decimals.")
        return int(scaled)
