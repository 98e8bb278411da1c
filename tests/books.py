"""Plain functions that make one valid billing record each. A company's scope is open when they are called."""

import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

from accounts.models import Company
from audit.actors import Actor
from billing.actions import drafts, invoices, payments
from billing.drafts import Draft, LineEntry
from billing.models import Contact, Customer, Invoice, Item, Payment, Seller, TaxRate
from billing.money import Money

BY = Actor.operator("tests")
AT = datetime.datetime(2026, 3, 16, 9, 0, tzinfo=datetime.UTC)
TODAY = datetime.date(2026, 3, 16)


def seller(company: Company, **fields: Any) -> Seller:
    found = Seller.objects.filter(company=company).first()
    if found:
        return found
    return Seller.objects.create(company=company, legal_name=f"{company.name} Ltd", currency="EUR", **fields)


def customer(company: Company, name: str = "Acme", **fields: Any) -> Customer:
    seller(company)
    values = {"number": f"K-{uuid4().hex[:8]}", "email": f"{name.lower()}@customer.example", "currency": "EUR"}
    values |= {"payment_terms": "NET 30", "created_at": AT} | fields
    return Customer.objects.create(company=company, name=name, **values)


def contact(of: Customer, name: str = "Ana", **fields: Any) -> Contact:
    values = {"email": f"{name.lower()}@customer.example", "is_primary": True} | fields
    return Contact.objects.create(company_id=of.company_id, customer=of, name=name, **values)


def item(company: Company, name: str = "Consulting", **fields: Any) -> Item:
    values = {"code": name.lower(), "currency": "EUR", "unit_price": Decimal("100")} | fields
    return Item.objects.create(company=company, name=name, **values)


def tax_rate(company: Company, percent: str = "19", name: str = "VAT") -> TaxRate:
    return TaxRate.objects.create(company=company, name=name, percent=Decimal(percent))


def line(price: str = "100", quantity: str = "1", **fields: Any) -> LineEntry:
    return LineEntry(name="Consulting", quantity=Decimal(quantity), unit_price=Decimal(price), **fields)


def draft_of(of: Customer, **fields: Any) -> Draft:
    values: dict[str, Any] = {"currency": "EUR", "issue_date": TODAY, "payment_terms": "NET 30", "lines": [line()]}
    return Draft(customer=of, **(values | fields))


def draft(of: Customer, **fields: Any) -> Invoice:
    return drafts.create(draft=draft_of(of, **fields), by=BY, at=AT)


def issued(of: Customer, **fields: Any) -> Invoice:
    return invoices.issue(invoice=draft(of, **fields), by=BY, at=AT)


def payment(of: Customer, amount: str = "50", uses: list[payments.Use] | None = None, **fields: Any) -> Payment:
    key: UUID = fields.pop("request_key", uuid4())
    values: dict[str, Any] = {"received_date": TODAY, "method": Payment.Method.WIRE, "by": BY, "at": AT} | fields
    money = Money.parse(amount, values.pop("currency", "EUR"))
    return payments.record(customer=of, amount=money, uses=uses or [], request_key=key, **values)


def paid(invoice: Invoice, amount: str | None = None) -> Payment:
    money = Money.parse(amount, invoice.currency) if amount else invoice.balance
    return payments.record(
        customer=invoice.customer,
        amount=money,
        received_date=TODAY,
        method=Payment.Method.WIRE,
        request_key=uuid4(),
        uses=[payments.Use(invoice.pk, money)],
        by=BY,
        at=AT,
    )


def fail(*arguments: Any, **details: Any) -> None:
    """Stands in for the log when a test asks what happens if it cannot be written."""
    raise LookupError("the log cannot be written")
