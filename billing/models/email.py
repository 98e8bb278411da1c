from django.db import models
from django.db.models import F, Q

from accounts.models import Company, Membership
from billing.models.customer import Customer
from billing.models.invoice import Invoice
from billing.models.payment import Payment
from billing.models.scoping import company_manager
from security.ids import uuid7


class EmailMessage(models.Model):
    """One letter to one address, written in the transaction that caused it and sent by the worker.

    The text is made when it is sent, because the links in it are secrets that are never kept.
    """

    class Kind(models.TextChoices):
        INVOICE = "invoice", "Invoice"
        REMINDER = "reminder", "Payment reminder"
        RECEIPT = "receipt", "Receipt"

    class Status(models.TextChoices):
        QUEUED = "queued", "Waiting to be sent"
        SENT = "sent", "Sent"
        FAILED = "failed", "Could not be sent"

    customer_path = "customer"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    company = models.ForeignKey(Company, on_delete=models.PROTECT, related_name="+", db_index=False)
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="+")
    invoice = models.ForeignKey(Invoice, on_delete=models.PROTECT, null=True, related_name="emails")
    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, null=True, related_name="emails")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    recipient_name = models.CharField(max_length=200)
    recipient = models.EmailField()
    message = models.TextField(max_length=4000, blank=True)
    status = models.CharField(max_length=6, choices=Status.choices, default=Status.QUEUED)
    attempts = models.PositiveSmallIntegerField(default=0)
    failure = models.CharField(max_length=300, blank=True)
    queued_by = models.ForeignKey(Membership, on_delete=models.PROTECT, null=True, related_name="+")
    queued_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)

    objects = company_manager()

    class Meta:
        indexes = [
            models.Index(F("company"), F("queued_at").desc(), name="email_newest"),
            models.Index(F("company"), F("queued_at").desc(), condition=Q(status="failed"), name="email_failed"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} to {self.recipient}"


class Reminder(models.Model):
    """That a reminder of one step went out for an invoice: it goes out once."""

    class Step(models.TextChoices):
        BEFORE_DUE = "before_due", "3 days before it is due"
        AFTER_DUE = "after_due", "3 days after it was due"
        LATE = "late", "14 days after it was due"

    customer_path = "invoice__customer"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    company = models.ForeignKey(Company, on_delete=models.PROTECT, related_name="+", db_index=False)
    invoice = models.ForeignKey(Invoice, on_delete=models.PROTECT, related_name="reminders", db_index=False)
    step = models.CharField(max_length=10, choices=Step.choices)
    email = models.ForeignKey(EmailMessage, on_delete=models.PROTECT, related_name="+")
    sent_at = models.DateTimeField()

    objects = company_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["invoice", "step"], name="reminder_step_once")]

    def __str__(self) -> str:
        return f"{self.step} for {self.invoice_id}"
