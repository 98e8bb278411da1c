from django.db import models

from accounts.models import Company
from billing.models.scoping import company_manager
from security.ids import uuid7


class Seller(models.Model):
    """Who asks for the money: what a company prints on its documents, and how it bills unless told otherwise."""

    class TaxRounding(models.TextChoices):
        DOCUMENT = "document", "once per tax rate"
        LINE = "line", "on every line"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    company = models.OneToOneField(Company, on_delete=models.PROTECT, related_name="seller")
    legal_name = models.CharField(max_length=200)
    address = models.TextField(max_length=600, blank=True)
    country = models.CharField(max_length=2, blank=True)
    tax_id = models.CharField("tax number", max_length=40, blank=True)
    registration = models.CharField(max_length=200, blank=True)
    email = models.EmailField(blank=True)
    phone = models.CharField(max_length=40, blank=True)
    website = models.CharField(max_length=200, blank=True)
    currency = models.CharField(max_length=3)
    payment_terms = models.CharField(max_length=60, default="NET 30")
    tax_rounding = models.CharField(max_length=8, choices=TaxRounding.choices, default=TaxRounding.DOCUMENT)
    prices_include_tax = models.BooleanField(default=False)
    bank_details = models.TextField("payment instructions", max_length=1000, blank=True)
    footer = models.TextField(max_length=600, blank=True)
    brand_colour = models.CharField(max_length=7, default="#1f5eff")
    reminders_enabled = models.BooleanField(default=True)

    objects = company_manager()

    def __str__(self) -> str:
        return self.legal_name


class Logo(models.Model):
    """The seller's logo, re-encoded as PNG before it is kept."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    company = models.OneToOneField(Company, on_delete=models.PROTECT, related_name="logo")
    png = models.BinaryField()
    uploaded_at = models.DateTimeField()

    objects = company_manager()

    def __str__(self) -> str:
        return "logo"
