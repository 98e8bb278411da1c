from django.conf import settings
from django.db import models
from django.db.models import F, Q

from accounts.models import Company
from billing.models.fields import MoneyField
from billing.models.scoping import company_manager
from security.ids import uuid7


class CustomerQuerySet(models.QuerySet["Customer"]):
    def active(self) -> "CustomerQuerySet":
        return self.filter(archived_at__isnull=True)


class Customer(models.Model):
    """Who owes."""

    class Kind(models.TextChoices):
        COMPANY = "company", "Company"
        PERSON = "person", "Person"

    customer_path = ""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    company = models.ForeignKey(Company, on_delete=models.PROTECT, related_name="+", db_index=False)
    number = models.CharField(max_length=32)
    name = models.CharField(max_length=200)
    kind = models.CharField(max_length=8, choices=Kind.choices, default=Kind.COMPANY)
    email = models.EmailField(blank=True)
    phone = models.CharField(max_length=40, blank=True)
    attention_to = models.CharField(max_length=200, blank=True)
    address = models.TextField(max_length=600, blank=True)
    country = models.CharField(max_length=2, blank=True)
    tax_id = models.CharField("tax number", max_length=40, blank=True)
    currency = models.CharField(max_length=3)
    payment_terms = models.CharField(max_length=60)
    paperless = models.BooleanField("receives invoices by e-mail", default=True)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField()
    archived_at = models.DateTimeField(null=True)

    objects = company_manager(CustomerQuerySet)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["company", "number"], name="customer_number_once_per_company"),
        ]
        indexes = [
            models.Index(fields=["company", "name", "id"], name="customer_by_name"),
            models.Index(
                fields=["company", "name", "id"], condition=Q(archived_at__isnull=True), name="customer_active_by_name"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Contact(models.Model):
    """A person at a customer: who gets the mail, who signs in to the portal."""

    customer_path = "customer"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    company = models.ForeignKey(Company, on_delete=models.PROTECT, related_name="+", db_index=False)
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="contacts")
    name = models.CharField(max_length=200)
    title = models.CharField(max_length=100, blank=True)
    email = models.EmailField()
    phone = models.CharField(max_length=40, blank=True)
    is_primary = models.BooleanField("receives invoices", default=False)
    archived_at = models.DateTimeField(null=True)

    objects = company_manager()

    class Meta:
        indexes = [models.Index(fields=["company", "customer", "name"], name="contact_by_customer")]

    def __str__(self) -> str:
        return self.name


class CustomerBalance(models.Model):
    """What a customer owes and has to its credit in one currency: a cache of the ledger, kept under its lock."""

    customer_path = "customer"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    company = models.ForeignKey(Company, on_delete=models.PROTECT, related_name="+", db_index=False)
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="balances")
    currency = models.CharField(max_length=3)
    receivable = MoneyField(default=0)
    credit = MoneyField(default=0)

    objects = company_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["customer", "currency"], name="balance_once_per_currency"),
            models.CheckConstraint(condition=Q(receivable__gte=0), name="balance_receivable_not_negative"),
            models.CheckConstraint(condition=Q(credit__gte=0), name="balance_credit_not_negative"),
        ]
        indexes = [
            models.Index(
                F("company"), F("currency"), F("receivable").desc(), condition=Q(receivable__gt=0), name="balance_owing"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.customer_id} {self.currency}"
