from django.db import models
from django.db.models import F

from accounts.models import Company
from billing.models.customer import Customer
from billing.models.invoice import Invoice
from billing.models.scoping import company_manager
from security.ids import uuid7


class Note(models.Model):
    """What staff tell each other about a customer or an invoice. Customers never see it."""

    customer_path = "customer"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    company = models.ForeignKey(Company, on_delete=models.PROTECT, related_name="+", db_index=False)
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="notes", db_index=False)
    invoice = models.ForeignKey(Invoice, on_delete=models.CASCADE, null=True, related_name="notes")
    text = models.TextField(max_length=4000)
    author_label = models.CharField(max_length=200)
    written_at = models.DateTimeField()

    objects = company_manager()

    class Meta:
        indexes = [models.Index(F("customer"), F("written_at").desc(), name="note_by_customer")]

    def __str__(self) -> str:
        return self.text[:60]
