"""The only doors through which staff views reach billing records: not yours and not there are the same 404."""

from uuid import UUID

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404

from accounts.access import Access
from billing.models import (
    Allocation,
    Contact,
    Customer,
    CustomField,
    EmailMessage,
    Invoice,
    Item,
    Payment,
    Seller,
    TaxRate,
)


def customers(access: Access) -> QuerySet[Customer]:
    return access.visible(Customer)


def get_customer(access: Access, id: UUID) -> Customer:
    return get_object_or_404(customers(access), pk=id)


def get_contact(access: Access, id: UUID) -> Contact:
    return get_object_or_404(access.visible(Contact).select_related("customer"), pk=id)


def custom_fields(access: Access) -> QuerySet[CustomField]:
    return access.visible(CustomField)


def get_custom_field(access: Access, id: UUID) -> CustomField:
    return get_object_or_404(custom_fields(access), pk=id)


def items(access: Access) -> QuerySet[Item]:
    return access.visible(Item)


def get_item(access: Access, id: UUID) -> Item:
    return get_object_or_404(items(access), pk=id)


def tax_rates(access: Access) -> QuerySet[TaxRate]:
    return access.visible(TaxRate)


def get_tax_rate(access: Access, id: UUID) -> TaxRate:
    return get_object_or_404(tax_rates(access), pk=id)


def invoices(access: Access) -> QuerySet[Invoice]:
    """Every invoice this access may see: its company's, within the member's customer restriction."""
    return access.visible(Invoice)


def get_invoice(access: Access, id: UUID) -> Invoice:
    """The invoice, if it may be seen; otherwise 404, exactly as if it did not exist."""
    return get_object_or_404(invoices(access).select_related("customer", "contact"), pk=id)


def payments(access: Access) -> QuerySet[Payment]:
    return access.visible(Payment)


def get_payment(access: Access, id: UUID) -> Payment:
    return get_object_or_404(payments(access).select_related("customer"), pk=id)


def get_allocation(access: Access, id: UUID) -> Allocation:
    return get_object_or_404(access.visible(Allocation).select_related("payment", "invoice"), pk=id)


def get_email(access: Access, id: UUID) -> EmailMessage:
    return get_object_or_404(access.visible(EmailMessage).select_related("invoice", "customer"), pk=id)


def get_seller(access: Access) -> Seller:
    """The profile of the access's own company."""
    return get_object_or_404(access.visible(Seller))
