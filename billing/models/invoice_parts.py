"""What an invoice is made of."""

from django.db import models
from django.db.models import Q

from accounts.models import Company
from billing.lines import PERCENT_SCALE, PRICE_SCALE, QUANTITY_SCALE
from billing.models.fields import MoneyField, ScaledField
from billing.models.invoice import Invoice
from billing.models.item import Item
from billing.models.scoping import company_manager
from security.ids import uuid7


class InvoiceLine(models.Model):
    """One thing sold. `taxes` is a copy: a list of `{"id", "name", "percent", "category"}`, percent as text."""

    customer_path = "invoice__customer"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    company = models.ForeignKey(Company, on_delete=models.PROTECT, related_name="+", db_index=False)
    invoice = models.ForeignKey(Invoice, on_delete=models.CASCADE, related_name="lines", db_index=False)
    position = models.PositiveIntegerField()
    item = models.ForeignKey(Item, on_delete=models.PROTECT, null=True, blank=True, related_name="+", db_index=False)
    name = models.CharField(max_length=200)
    description = models.TextField(max_length=10000, blank=True)
    quantity = ScaledField(scale=QUANTITY_SCALE)
    unit = models.CharField(max_length=20, blank=True)
    unit_price = ScaledField(scale=PRICE_SCALE)
    price_base_quantity = ScaledField(scale=QUANTITY_SCALE, default=1)
    discount_percent = ScaledField(scale=PERCENT_SCALE, null=True)
    discount_amount = MoneyField(null=True)
    taxes = models.JSONField(default=list)
    gross = MoneyField(default=0)
    discount = MoneyField(default=0)
    net = MoneyField(default=0)
    tax = MoneyField(default=0)
    total = MoneyField(default=0)

    objects = company_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["invoice", "position"], name="line_position_once"),
            models.CheckConstraint(condition=Q(price_base_quantity__gt=0), name="line_base_quantity_positive"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def currency(self) -> str:
        return self.invoice.currency


class InvoiceAdjustment(models.Model):
    """A discount on, or a charge (such as shipping) added to, the whole invoice."""

    class Kind(models.TextChoices):
        DISCOUNT = "discount", "Discount"
        CHARGE = "charge", "Charge"

    customer_path = "invoice__customer"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    company = models.ForeignKey(Company, on_delete=models.PROTECT, related_name="+", db_index=False)
    invoice = models.ForeignKey(Invoice, on_delete=models.CASCADE, related_name="adjustments", db_index=False)
    position = models.PositiveIntegerField()
    kind = models.CharField(max_length=8, choices=Kind.choices)
    label = models.CharField(max_length=100)
    percent = ScaledField(scale=PERCENT_SCALE, null=True)
    fixed = MoneyField(null=True)
    taxes = models.JSONField(null=True)
    amount = MoneyField(default=0)

    objects = company_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["invoice", "position"], name="adjustment_position_once"),
            models.CheckConstraint(
                condition=Q(percent__isnull=True, fixed__isnull=False) | Q(percent__isnull=False, fixed__isnull=True),
                name="adjustment_percent_or_amount",
            ),
        ]

    def __str__(self) -> str:
        return self.label

    @property
    def currency(self) -> str:
        return self.invoice.currency


class InvoiceTax(models.Model):
    """The tax of one rate on the whole invoice."""

    customer_path = "invoice__customer"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    company = models.ForeignKey(Company, on_delete=models.PROTECT, related_name="+", db_index=False)
    invoice = models.ForeignKey(Invoice, on_delete=models.CASCADE, related_name="taxes", db_index=False)
    position = models.PositiveIntegerField()
    name = models.CharField(max_length=60)
    percent = ScaledField(scale=PERCENT_SCALE)
    category = models.CharField(max_length=2)
    base = MoneyField()
    amount = MoneyField()

    objects = company_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["invoice", "position"], name="tax_position_once")]

    def __str__(self) -> str:
        return self.name

    @property
    def currency(self) -> str:
        return self.invoice.currency
