from billing.models.custom_field import CustomField, CustomFieldValue
from billing.models.customer import Contact, Customer, CustomerBalance
from billing.models.email import EmailMessage, Reminder
from billing.models.invoice import Invoice
from billing.models.invoice_parts import InvoiceAdjustment, InvoiceLine, InvoiceTax
from billing.models.item import Item, TaxRate
from billing.models.ledger import LedgerEntry
from billing.models.note import Note
from billing.models.payment import Allocation, Payment, PaymentAttempt, SandboxCharge
from billing.models.seller import Logo, Seller
from billing.models.sequence import Sequence

__all__ = [
    "Allocation",
    "Contact",
    "CustomField",
    "CustomFieldValue",
    "Customer",
    "CustomerBalance",
    "EmailMessage",
    "Invoice",
    "InvoiceAdjustment",
    "InvoiceLine",
    "InvoiceTax",
    "Item",
    "LedgerEntry",
    "Logo",
    "Note",
    "Payment",
    "PaymentAttempt",
    "Reminder",
    "SandboxCharge",
    "Seller",
    "Sequence",
    "TaxRate",
]
