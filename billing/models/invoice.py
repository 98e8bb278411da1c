import datetime

from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import Coalesce

from accounts.models import Company
from billing.models.customer import Contact, Customer
from billing.models.fields import MoneyField
from billing.models.scoping import company_manager
from billing.models.seller import Seller
from billing.statuses import SHOWN_BY_LIFE_CYCLE, shown_status
from security.ids import uuid7


class InvoiceQuerySet(models.QuerySet["Invoice"]):
    def drafts(self) -> "InvoiceQuerySet":
        return self.filter(status=Invoice.Status.DRAFT)

    def issued(self) -> "InvoiceQuerySet":
        return self.filter(status=Invoice.Status.ISSUED)

    def open(self) -> "InvoiceQuerySet":
        """Issued, and something is still owed."""
        return self.filter(status=Invoice.Status.ISSUED, balance__gt=0)

    def overdue(self, as_of: datetime.date) -> "InvoiceQuerySet":
        return self.open().filter(due_date__lt=as_of)

    def due_between(self, first: datetime.date, last: datetime.date) -> "InvoiceQuerySet":
        return self.open().filter(due_date__range=(first, last))

    def paid(self) -> "InvoiceQuerySet":
        return self.filter(status=Invoice.Status.ISSUED, balance=0)

    def shown_as(self, shown: str, as_of: datetime.date) -> "InvoiceQuerySet":
        """Those whose `Invoice.shown_status` is `shown` on the day `as_of`."""
        if shown in SHOWN_BY_LIFE_CYCLE:
            return self.filter(status=SHOWN_BY_LIFE_CYCLE[shown])
        if shown == "paid":
            return self.paid()
        if shown == "pending":
            return self.open().filter(pending_at__isnull=False)
        settled = self.open().filter(pending_at__isnull=True)
        if shown == "past_due":
            return settled.filter(due_date__lt=as_of)
        current = settled.filter(due_date__gte=as_of)
        if shown == "viewed":
            return current.filter(viewed_at__isnull=False)
        if shown == "sent":
            return current.filter(viewed_at__isnull=True, sent_at__isnull=False)
        return current.filter(viewed_at__isnull=True, sent_at__isnull=True)


class Invoice(models.Model):
    """What a customer is asked to pay. Once issued it never changes: it is paid, voided or written off."""

    class Status(models.TextChoices):
        DRAFT = "draft", "Draft"
        ISSUED = "issued", "Issued"
        VOID = "void", "Void"
        WRITTEN_OFF = "written_off", "Written off"

    customer_path = "customer"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    company = models.ForeignKey(Company, on_delete=models.PROTECT, related_name="+", db_index=False)
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="invoices", db_index=False)
    contact = models.ForeignKey(Contact, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    status = models.CharField(max_length=11, choices=Status.choices, default=Status.DRAFT)
    series = models.CharField(max_length=12, default="INV")
    number = models.CharField(max_length=32, null=True)
    customer_name = models.CharField(max_length=200)
    customer_copy = models.JSONField(null=True)
    seller_copy = models.JSONField(null=True)

    currency = models.CharField(max_length=3)
    issue_date = models.DateField()
    due_date = models.DateField()
    payment_terms = models.CharField(max_length=60)
    purchase_order = models.CharField(max_length=60, blank=True)
    message = models.TextField("message to the customer", max_length=4000, blank=True)
    prices_include_tax = models.BooleanField(default=False)
    tax_rounding = models.CharField(max_length=8, choices=Seller.TaxRounding.choices)

    subtotal = MoneyField(default=0)
    discount = MoneyField(default=0)
    charge = MoneyField(default=0)
    tax = MoneyField(default=0)
    total = MoneyField(default=0)
    prepaid = MoneyField(default=0)
    amount_paid = MoneyField(default=0)
    amount_written_off = MoneyField(default=0)
    balance = MoneyField(default=0)

    created_at = models.DateTimeField()
    issued_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)
    viewed_at = models.DateTimeField(null=True)
    pending_at = models.DateTimeField(null=True)
    settled_at = models.DateTimeField(null=True)
    voided_at = models.DateTimeField(null=True)
    written_off_at = models.DateTimeField(null=True)
    disputed_at = models.DateTimeField(null=True)
    dispute_reason = models.CharField(max_length=500, blank=True)

    objects = company_manager(InvoiceQuerySet)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["company", "number"], name="invoice_number_once_per_company"),
            models.CheckConstraint(
                name="invoice_number_from_issue_onwards",
                condition=Q(status="draft", number__isnull=True, issued_at__isnull=True)
                | (~Q(status="draft") & Q(number__isnull=False, issued_at__isnull=False)),
            ),
            models.CheckConstraint(
                name="invoice_voided_at_iff_void",
                condition=Q(status="void", voided_at__isnull=False) | (~Q(status="void") & Q(voided_at__isnull=True)),
            ),
            models.CheckConstraint(
                name="invoice_written_off_at_iff_written_off",
                condition=Q(status="written_off", written_off_at__isnull=False)
                | (~Q(status="written_off") & Q(written_off_at__isnull=True, amount_written_off=0)),
            ),
            models.CheckConstraint(
                name="invoice_balance_is_what_is_left",
                condition=Q(status__in=["draft", "void"], balance=0, amount_paid=0, amount_written_off=0)
                | Q(
                    status__in=["issued", "written_off"],
                    balance=F("total") - F("prepaid") - F("amount_paid") - F("amount_written_off"),
                ),
            ),
            models.CheckConstraint(
                name="invoice_amounts_not_negative",
                condition=Q(total__gte=0, prepaid__gte=0, amount_paid__gte=0, amount_written_off__gte=0, balance__gte=0)
                & Q(prepaid__lte=F("total")),
            ),
            models.CheckConstraint(name="invoice_due_on_or_after_issue", condition=Q(due_date__gte=F("issue_date"))),
        ]
        indexes = [
            models.Index(F("company"), F("issue_date").desc(), F("id").desc(), name="invoice_newest"),
            models.Index(F("company"), F("status"), F("issue_date").desc(), F("id").desc(), name="invoice_by_status"),
            models.Index(F("company"), F("total").desc(), F("id").desc(), name="invoice_by_total"),
            models.Index(F("customer"), F("issue_date").desc(), F("id").desc(), name="invoice_by_customer"),
            models.Index(
                fields=["company", "due_date", "id"],
                condition=Q(status="issued", balance__gt=0),
                name="invoice_open_by_due_date",
            ),
            models.Index(fields=["company", "due_date", "id"], name="invoice_by_due_date"),
            models.Index(F("company"), Coalesce("number", Value("")).desc(), F("id").desc(), name="invoice_by_number"),
            models.Index(
                fields=["company", "number"],
                opclasses=["uuid_ops", "varchar_pattern_ops"],
                name="invoice_number_begins",
            ),
            models.Index(
                fields=["company", "purchase_order"],
                opclasses=["uuid_ops", "varchar_pattern_ops"],
                condition=~Q(purchase_order=""),
                name="invoice_order_begins",
            ),
            models.Index(
                F("company"),
                F("issue_date").desc(),
                F("id").desc(),
                condition=Q(status="issued", balance__gt=0),
                name="invoice_open_newest",
            ),
            models.Index(
                F("company"),
                F("issue_date").desc(),
                F("id").desc(),
                condition=Q(pending_at__isnull=False),
                name="invoice_pending_newest",
            ),
            models.Index(
                F("company"),
                F("issue_date").desc(),
                F("id").desc(),
                condition=Q(disputed_at__isnull=False),
                name="invoice_disputed_newest",
            ),
        ]

    def __str__(self) -> str:
        return self.number or "draft"

    def shown_status(self, as_of: datetime.date) -> str:
        """The one word people see on the day `as_of`."""
        return shown_status(
            status=self.status,
            owed=self.balance.minor,
            pending=self.pending_at is not None,
            late=self.due_date < as_of,
            viewed=self.viewed_at is not None,
            sent=self.sent_at is not None,
        )
