from billing.models import Invoice


def recipients_of(invoice: Invoice) -> list[tuple[str, str]]:
    """(name, address) of everyone who receives the customer's invoices, else of the customer itself."""
    contacts = invoice.customer.contacts.filter(archived_at__isnull=True, is_primary=True).order_by("name")
    to = [(contact.name, contact.email) for contact in contacts]
    if invoice.contact and not invoice.contact.archived_at and (invoice.contact.name, invoice.contact.email) not in to:
        to.insert(0, (invoice.contact.name, invoice.contact.email))
    if not to and invoice.customer.email:
        to.append((invoice.customer.name, invoice.customer.email))
    return to
