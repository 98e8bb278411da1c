from billing.models import Customer, Invoice

Recipient = tuple[str, str]


def recipients_of(invoice: Invoice) -> list[Recipient]:
    """(name, address) of everyone who receives the customer's invoices, else of the customer itself."""
    to = _contacts(invoice.customer)
    if invoice.contact and not invoice.contact.archived_at and (invoice.contact.name, invoice.contact.email) not in to:
        to.insert(0, (invoice.contact.name, invoice.contact.email))
    return to or _own_address(invoice.customer)


def receipt_recipient(customer: Customer) -> Recipient | None:
    """Who hears that a payment arrived: the first of those who receive the invoices."""
    return next(iter(_contacts(customer) or _own_address(customer)), None)


def _contacts(customer: Customer) -> list[Recipient]:
    contacts = customer.contacts.filter(archived_at__isnull=True, is_primary=True).order_by("name")
    return [(contact.name, contact.email) for contact in contacts]


def _own_address(customer: Customer) -> list[Recipient]:
    return [(customer.name, customer.email)] if customer.email else []
