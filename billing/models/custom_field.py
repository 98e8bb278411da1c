"""What a company keeps about its customers beside what everybody does."""

from django.db import models
from django.db.models.functions import Lower

from accounts.models import Company
from billing.models.customer import Customer
from billing.models.scoping import company_manager
from security.ids import uuid7


class CustomField(models.Model):
    """A field of the company's own on its customers. An archived one keeps its values and is shown nowhere."""

    class Kind(models.TextChoices):
        TEXT = "text", "Text"
        NUMBER = "number", "Number"
        DATE = "date", "Date"
        CHOICE = "choice", "Choice"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    company = models.ForeignKey(Company, on_delete=models.PROTECT, related_name="+", db_index=False)
    name = models.CharField(max_length=60)
    kind = models.CharField(max_length=6, choices=Kind.choices)
    choices = models.JSONField(default=list, blank=True)
    in_list = models.BooleanField("shown in the list of customers", default=False)
    position = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField()
    archived_at = models.DateTimeField(null=True)

    objects = company_manager()

    class Meta:
        ordering = ["position", "name", "id"]
        constraints = [
            models.UniqueConstraint("company", Lower("name"), name="custom_field_name_once_per_company"),
        ]

    def __str__(self) -> str:
        return self.name


class CustomFieldValue(models.Model):
    """What one customer has in one field, written in one way: a number as 12.5, a day as 2026-03-12."""

    customer_path = "customer"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    company = models.ForeignKey(Company, on_delete=models.PROTECT, related_name="+", db_index=False)
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="field_values", db_index=False)
    field = models.ForeignKey(CustomField, on_delete=models.PROTECT, related_name="values", db_index=False)
    value = models.CharField(max_length=200)

    objects = company_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["customer", "field"], name="custom_field_value_once_per_customer"),
        ]
        indexes = [
            models.Index(fields=["field", "value", "customer"], name="custom_field_value_found"),
        ]

    def __str__(self) -> str:
        return self.value
