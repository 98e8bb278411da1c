from django.db import models
from django.db.models import Q

from accounts.models import Company
from billing.models.customer import Customer
from billing.models.fields import MoneyField
from billing.models.invoice import Invoice
from billing.models.payment import Payment
from billing.models.scoping import company_manager
from security.ids import uuid7


class LedgerEntry(models.Model):
    """One signed amount on one account of a customer: what raises a debt is positive. Never changed, never removed.

    `receivable` entries belong to an invoice, `credit` entries to a payment; a customer's balance is the sum of both.
    """

    class Account(models.TextChoices):
        RECEIVABLE = "receivable", "Receivable"
        CREDIT = "credit", "Unapplied credit"

    class Kind(models.TextChoices):
        ISSUED = "issued", "Invoice issued"
        VOIDED = "voided", "Invoice voided"
        WRITTEN_OFF = "written_off", "Invoice written off"
        REINSTATED = "reinstated", "Write-off undone"
        RECEIVED = "received", "Payment recorded"
        REVERSED = "reversed", "Payment reversed"
        ALLOCATED = "allocated", "Payment allocated"
        RELEASED = "released", "Allocation released"

    customer_path = "customer"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    company = models.ForeignKey(Company, on_delete=models.PROTECT, related_name="+", db_index=False)
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="+", db_index=False)
    invoice = models.ForeignKey(Invoice, on_delete=models.PROTECT, null=True, related_name="ledger")
    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, null=True, related_name="ledger")
    account = models.CharField(max_length=10, choices=Account.choices)
    kind = models.CharField(max_length=11, choices=Kind.choices)
    currency = models.CharField(max_length=3)
    amount = MoneyField()
    entry_date = models.DateField()
    recorded_at = models.DateTimeField()

    objects = company_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(account="receivable", invoice__isnull=False) | Q(account="credit", payment__isnull=False),
                name="ledger_entry_belongs_to_its_document",
            ),
        ]
        indexes = [
            models.Index(fields=["customer", "currency", "entry_date", "id"], name="ledger_by_customer"),
            models.Index(fields=["company", "kind", "entry_date"], name="ledger_by_kind"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.amount.plain()}"
