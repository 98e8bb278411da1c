from django.db import models
from django.db.models import F, Q

from accounts.models import Company
from billing.models.customer import Customer
from billing.models.fields import MoneyField
from billing.models.invoice import Invoice
from billing.models.scoping import company_manager
from security.ids import uuid7


class Payment(models.Model):
    """Money that arrived from a customer. What no invoice has used yet is its unapplied part."""

    class Method(models.TextChoices):
        CASH = "cash", "Cash"
        CHEQUE = "cheque", "Cheque"
        WIRE = "wire_transfer", "Wire transfer"
        DIRECT_DEBIT = "direct_debit", "Direct debit"
        CARD = "card", "Card"
        OTHER = "other", "Other"

    class Source(models.TextChoices):
        KEYED = "keyed", "Recorded by hand"
        GATEWAY = "gateway", "Paid online"

    customer_path = "customer"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    company = models.ForeignKey(Company, on_delete=models.PROTECT, related_name="+", db_index=False)
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="payments", db_index=False)
    number = models.CharField(max_length=32)
    request_key = models.UUIDField()
    received_date = models.DateField()
    currency = models.CharField(max_length=3)
    amount = MoneyField()
    unapplied = MoneyField()
    method = models.CharField(max_length=13, choices=Method.choices)
    source = models.CharField(max_length=7, choices=Source.choices)
    reference = models.CharField(max_length=100, blank=True)
    recorded_at = models.DateTimeField()
    reversed_at = models.DateTimeField(null=True)
    reversal_reason = models.CharField(max_length=500, blank=True)

    objects = company_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["company", "number"], name="payment_number_once_per_company"),
            models.UniqueConstraint(fields=["company", "source", "request_key"], name="payment_request_once"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="payment_amount_positive"),
            models.CheckConstraint(
                condition=Q(unapplied__gte=0, unapplied__lte=F("amount")), name="payment_unapplied_within_amount"
            ),
            models.CheckConstraint(
                condition=Q(reversed_at__isnull=True) | Q(unapplied=0), name="payment_reversed_has_nothing_left"
            ),
        ]
        indexes = [
            models.Index(F("company"), F("received_date").desc(), F("id").desc(), name="payment_newest"),
            models.Index(F("customer"), F("received_date").desc(), F("id").desc(), name="payment_by_customer"),
            models.Index(fields=["customer", "currency"], condition=Q(unapplied__gt=0), name="payment_unapplied"),
            models.Index(
                F("company"),
                F("received_date").desc(),
                F("id").desc(),
                condition=Q(unapplied__gt=0),
                name="payment_unapplied_newest",
            ),
            models.Index(
                F("company"),
                F("received_date").desc(),
                F("id").desc(),
                condition=Q(reversed_at__isnull=False),
                name="payment_reversed_newest",
            ),
        ]

    def __str__(self) -> str:
        return self.number


class Allocation(models.Model):
    """The part of a payment that was used on an invoice, until it is released again."""

    customer_path = "invoice__customer"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    company = models.ForeignKey(Company, on_delete=models.PROTECT, related_name="+", db_index=False)
    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="allocations")
    invoice = models.ForeignKey(Invoice, on_delete=models.PROTECT, related_name="allocations")
    currency = models.CharField(max_length=3)
    amount = MoneyField()
    allocated_at = models.DateTimeField()
    released_at = models.DateTimeField(null=True)

    objects = company_manager()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(amount__gt=0), name="allocation_amount_positive")]

    def __str__(self) -> str:
        return f"{self.payment} on {self.invoice}"


class PaymentAttempt(models.Model):
    """A customer's try to pay online: made before the gateway is asked, settled once from what the gateway says."""

    class Status(models.TextChoices):
        STARTED = "started", "Started"
        PENDING = "pending", "Pending"
        SUCCEEDED = "succeeded", "Succeeded"
        DECLINED = "declined", "Declined"
        FAILED = "failed", "Failed"

    customer_path = "customer"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    company = models.ForeignKey(Company, on_delete=models.PROTECT, related_name="+", db_index=False)
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="+")
    invoice = models.ForeignKey(Invoice, on_delete=models.PROTECT, related_name="attempts")
    request_key = models.UUIDField()
    gateway = models.CharField(max_length=20)
    external_id = models.CharField(max_length=100, null=True)
    hand_over_url = models.CharField(max_length=500, blank=True)
    currency = models.CharField(max_length=3)
    amount = MoneyField()
    status = models.CharField(max_length=9, choices=Status.choices, default=Status.STARTED)
    failure = models.CharField(max_length=300, blank=True)
    payment = models.OneToOneField(Payment, on_delete=models.PROTECT, null=True, related_name="attempt")
    actor_label = models.CharField(max_length=200, blank=True)
    actor_id = models.CharField(max_length=64, blank=True)
    started_at = models.DateTimeField()
    asked_at = models.DateTimeField(null=True)
    settled_at = models.DateTimeField(null=True)

    objects = company_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["gateway", "external_id"], name="attempt_external_id_once"),
            models.UniqueConstraint(fields=["invoice", "request_key"], name="attempt_request_once"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="attempt_amount_positive"),
            models.CheckConstraint(
                condition=~Q(status="succeeded") | Q(payment__isnull=False), name="attempt_succeeded_has_payment"
            ),
        ]
        indexes = [
            models.Index(
                fields=["started_at"], condition=Q(status__in=["started", "pending"]), name="attempt_unsettled"
            ),
            models.Index(fields=["company", "started_at"], condition=Q(status="failed"), name="attempt_failed"),
        ]

    def __str__(self) -> str:
        return f"payment of {self.amount.plain()} for {self.invoice}"


class SandboxCharge(models.Model):
    """What the sandbox gateway, which stands in for a payment provider in the demo, remembers of a charge."""

    class State(models.TextChoices):
        OPEN = "open", "Open"
        APPROVED = "approved", "Approved"
        DECLINED = "declined", "Declined"
        PENDING = "pending", "Pending"
        SILENT = "silent", "Silent"

    id = models.CharField(primary_key=True, max_length=64)
    currency = models.CharField(max_length=3)
    amount = MoneyField()
    description = models.CharField(max_length=200)
    return_url = models.CharField(max_length=500)
    idempotency_key = models.CharField(max_length=64, unique=True)
    state = models.CharField(max_length=8, choices=State.choices, default=State.OPEN)
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.id
