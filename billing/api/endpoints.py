"""Every address of the API: what may be asked there, who may ask it, and what is answered."""

from dataclasses import dataclass

from accounts.permissions import Permission
from billing.api import parameters
from billing.api.customers import CUSTOMER, CUSTOMER_WITH_CONTACTS
from billing.api.events import EVENT
from billing.api.invoices import INVOICE, INVOICE_WITH_LINES
from billing.api.parameters import AFTER, LIMIT, Parameter
from billing.api.payments import PAYMENT, PAYMENT_WITH_ALLOCATIONS
from billing.api.shapes import Shape
from billing.models import Payment
from billing.queries import customers, invoice_list, payment_list

ACTIVE = "active"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One address. One that `lists` answers pages of the shape, any other a single record."""

    path: str
    operation: str
    summary: str
    permission: Permission
    shape: Shape
    lists: bool = False
    known: tuple[Parameter, ...] = ()


def _list(
    path: str, operation: str, summary: str, permission: Permission, shape: Shape, *filters: Parameter
) -> Endpoint:
    return Endpoint(path, operation, summary, permission, shape, lists=True, known=(*filters, LIMIT, AFTER))


CUSTOMERS = _list(
    "/api/v1/customers/",
    "listCustomers",
    "Customers by name",
    Permission.CUSTOMER_VIEW,
    CUSTOMER,
    parameters.text("q", "Part of the name, or how the number or an e-mail address begins."),
    parameters.choice(
        "show",
        "Which of them: those in use if nothing is said.",
        [ACTIVE, *(show for show in customers.FILTERS if show)],
    ),
)
CUSTOMER_RECORD = Endpoint(
    "/api/v1/customers/{id}/",
    "getCustomer",
    "One customer with its contacts",
    Permission.CUSTOMER_VIEW,
    CUSTOMER_WITH_CONTACTS,
)
INVOICES = _list(
    "/api/v1/invoices/",
    "listInvoices",
    "Invoices, the latest day of issue first",
    Permission.INVOICE_VIEW,
    INVOICE,
    parameters.text("q", "How the number or the purchase order begins, or part of the customer's name."),
    parameters.choice("status", "Those of one status, or of several that go together.", invoice_list.STATUSES),
    parameters.identity("customer", "Those of one customer."),
    parameters.currency("currency", "Those in one currency."),
    parameters.day("issued_from", "Issued on this day or later."),
    parameters.day("issued_to", "Issued on this day or earlier."),
    parameters.day("due_from", "Due on this day or later."),
    parameters.day("due_to", "Due on this day or earlier."),
)
INVOICE_RECORD = Endpoint(
    "/api/v1/invoices/{id}/",
    "getInvoice",
    "One invoice with its lines, adjustments and taxes",
    Permission.INVOICE_VIEW,
    INVOICE_WITH_LINES,
)
PAYMENTS = _list(
    "/api/v1/payments/",
    "listPayments",
    "Payments, the latest arrival first",
    Permission.PAYMENT_VIEW,
    PAYMENT,
    parameters.text("q", "How the number or the reference begins, or part of the customer's name."),
    parameters.choice("state", "Those not reversed, with money left, or reversed.", payment_list.STATES),
    parameters.choice("method", "How they arrived.", Payment.Method.values),
    parameters.identity("customer", "Those of one customer."),
    parameters.currency("currency", "Those in one currency."),
    parameters.day("received_from", "Arrived on this day or later."),
    parameters.day("received_to", "Arrived on this day or earlier."),
)
PAYMENT_RECORD = Endpoint(
    "/api/v1/payments/{id}/",
    "getPayment",
    "One payment with what it was used on",
    Permission.PAYMENT_VIEW,
    PAYMENT_WITH_ALLOCATIONS,
)
EVENTS = _list(
    "/api/v1/events/",
    "listEvents",
    "Entries of the billing log, oldest first",
    Permission.AUDIT_VIEW,
    EVENT,
    parameters.text("action", "Those of one kind, such as invoice.issued."),
    parameters.text("object_type", "Those about records of one kind, such as invoice."),
    parameters.identity("object_id", "Those about one record."),
    parameters.identity("customer", "Those about one customer and what is theirs."),
    parameters.instant("since", "At this instant or later."),
    parameters.instant("until", "Before this instant."),
)

ENDPOINTS = (CUSTOMERS, CUSTOMER_RECORD, INVOICES, INVOICE_RECORD, PAYMENTS, PAYMENT_RECORD, EVENTS)
