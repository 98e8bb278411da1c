from django.db import models

from accounts.models import Company
from billing.models.scoping import company_manager
from security.ids import uuid7


class Sequence(models.Model):
    """The next number of one series of one kind of document."""

    class Kind(models.TextChoices):
        INVOICE = "invoice", "Invoices"
        PAYMENT = "payment", "Payments"
        CUSTOMER = "customer", "Customers"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    company = models.ForeignKey(Company, on_delete=models.PROTECT, related_name="+", db_index=False)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    series = models.CharField(max_length=12)
    digits = models.PositiveSmallIntegerField(default=6)
    next_number = models.BigIntegerField(default=1)

    objects = company_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["company", "kind", "series"], name="sequence_once_per_series"),
            models.CheckConstraint(condition=models.Q(next_number__gte=1), name="sequence_starts_at_one"),
        ]

    def __str__(self) -> str:
        return f"{self.series} ({self.kind})"
