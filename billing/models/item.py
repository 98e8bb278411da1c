from django.db import models
from django.db.models import Q

from accounts.models import Company
from billing.lines import PERCENT_SCALE, PRICE_SCALE
from billing.models.fields import ScaledField
from billing.models.scoping import company_manager
from security.ids import uuid7


class ActiveQuerySet(models.QuerySet["models.Model"]):
    def active(self) -> "ActiveQuerySet":
        return self.filter(archived_at__isnull=True)


class TaxRate(models.Model):
    """A tax a company charges. Documents copy it, so changing one never changes what was issued."""

    class Category(models.TextChoices):
        STANDARD = "S", "Standard or reduced rate"
        ZERO = "Z", "Zero rated"
        EXEMPT = "E", "Exempt"
        REVERSE_CHARGE = "AE", "Reverse charge"
        INTRA_COMMUNITY = "K", "Intra-community supply"
        EXPORT = "G", "Export outside the EU"
        OUTSIDE = "O", "Outside the scope of tax"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    company = models.ForeignKey(Company, on_delete=models.PROTECT, related_name="+", db_index=False)
    name = models.CharField(max_length=60)
    percent = ScaledField(scale=PERCENT_SCALE)
    category = models.CharField(max_length=2, choices=Category.choices, default=Category.STANDARD)
    archived_at = models.DateTimeField(null=True)

    objects = company_manager(ActiveQuerySet)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["company", "name"], condition=Q(archived_at__isnull=True), name="tax_rate_name_once"
            ),
            models.CheckConstraint(condition=Q(percent__gte=0, percent__lte=100), name="tax_rate_percent_in_range"),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.percent.normalize():f}%"


class Item(models.Model):
    """Something a company sells, ready to be put on a line."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    company = models.ForeignKey(Company, on_delete=models.PROTECT, related_name="+", db_index=False)
    code = models.CharField(max_length=60)
    name = models.CharField(max_length=200)
    description = models.TextField(max_length=2000, blank=True)
    unit = models.CharField(max_length=20, blank=True)
    currency = models.CharField(max_length=3)
    unit_price = ScaledField(scale=PRICE_SCALE)
    tax_rates = models.ManyToManyField(TaxRate, blank=True, related_name="+")
    archived_at = models.DateTimeField(null=True)

    objects = company_manager(ActiveQuerySet)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["company", "code"], name="item_code_once_per_company"),
            models.CheckConstraint(condition=Q(unit_price__gte=0), name="item_price_not_negative"),
        ]
        indexes = [models.Index(fields=["company", "name", "id"], name="item_by_name")]

    def __str__(self) -> str:
        return self.name
