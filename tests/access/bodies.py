"""What people send with the forms, filled in well."""

from types import SimpleNamespace
from typing import Any
from uuid import uuid4

TODAY = "2026-03-16"


def invoice(of: SimpleNamespace, **changed: Any) -> dict[str, Any]:
    """The editor with one line and one discount."""
    return {
        "customer": of.customer.pk,
        "contact": of.contact.pk,
        "currency": "EUR",
        "issue_date": TODAY,
        "payment_terms": "NET 30",
        "purchase_order": "PO 7",
        "message": "Thank you",
        "tax_rounding": "document",
        "prepaid": "",
        "lines-TOTAL_FORMS": 1,
        "lines-INITIAL_FORMS": 0,
        "lines-0-item": of.item.pk,
        "lines-0-name": "Consulting",
        "lines-0-description": "Two days",
        "lines-0-quantity": "2",
        "lines-0-unit": "day",
        "lines-0-unit_price": "100",
        "lines-0-discount": "",
        "lines-0-tax_rates": [of.tax_rate.pk],
        "adjustments-TOTAL_FORMS": 1,
        "adjustments-INITIAL_FORMS": 0,
        "adjustments-0-kind": "discount",
        "adjustments-0-label": "Loyalty",
        "adjustments-0-value": "10%",
        "adjustments-0-tax_rates": [of.tax_rate.pk],
    } | changed


def customer(**changed: Any) -> dict[str, Any]:
    return {
        "name": "Delta",
        "kind": "company",
        "email": "mail@delta.example",
        "phone": "+49 30 1",
        "attention_to": "Accounts",
        "address": "Quay 1",
        "country": "DE",
        "tax_id": "DE1",
        "currency": "EUR",
        "payment_terms": "NET 30",
    } | changed


def contact(**changed: Any) -> dict[str, Any]:
    return {"name": "Dora", "title": "Books", "email": "dora@delta.example", "phone": "1"} | changed


def item(**changed: Any) -> dict[str, Any]:
    return {
        "name": "Mooring",
        "code": "MOORING",
        "description": "A night",
        "unit_price": "12.50",
        "currency": "EUR",
        "unit": "night",
    } | changed


def tax_rate(**changed: Any) -> dict[str, Any]:
    return {"name": "Harbour dues", "percent": "7", "category": "S"} | changed


def company(**changed: Any) -> dict[str, Any]:
    return {
        "legal_name": "Harbour Works Ltd",
        "address": "Pier 1",
        "country": "DE",
        "tax_id": "DE2",
        "registration": "HRB 3",
        "email": "mail@harbour.example",
        "phone": "2",
        "website": "harbour.example",
        "currency": "EUR",
        "payment_terms": "NET 14",
        "tax_rounding": "document",
        "bank_details": "IBAN",
        "footer": "Small print",
        "brand_colour": "#1f5eff",
    } | changed


def payment(**changed: Any) -> dict[str, Any]:
    return {
        "amount": "40",
        "currency": "EUR",
        "received_date": TODAY,
        "method": "wire_transfer",
        "reference": "RF 1",
        "request_key": uuid4(),
    } | changed
