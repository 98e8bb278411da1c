"""Companies of three sizes, their invoices poured in by COPY: too many to issue one by one."""

import datetime
import json
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection

from accounts.actions import companies, members, users
from accounts.models import Company, User
from accounts.scoping import in_company
from audit.actors import Actor
from billing.actions import customers
from billing.models import Customer, CustomerBalance, Invoice, InvoiceLine, InvoiceTax
from security.ids import uuid7

BY = Actor.operator("bench")
AT = datetime.datetime(2026, 11, 1, 9, tzinfo=datetime.UTC)
DAY = datetime.date(2026, 11, 1)
CUSTOMERS = 200
LINES = 5


@dataclass(frozen=True, slots=True)
class Seeded:
    company: Company
    customers: list[Customer]
    invoice_id: UUID


def user() -> User:
    password = "four heavy lorries uphill"  # noqa: S105  nobody signs in with it
    return users.create(email="bench@bench.example", name="Bench", password=password, by=BY, at=AT)


def company(name: str, member: User) -> tuple[Company, list[Customer]]:
    made = companies.create(name=name, time_zone="UTC", currency="EUR", by=BY, at=AT)
    members.add(company=made, user=member, role="administrator", by=BY, at=AT)
    with in_company(made):
        known = [
            customers.create(
                company=made,
                details={
                    "name": f"Customer {place:04d}",
                    "email": f"c{place}@bench.example",
                    "currency": "EUR",
                    "payment_terms": "NET 30",
                },
                by=BY,
                at=AT,
            )
            for place in range(CUSTOMERS)
        ]
        CustomerBalance.objects.bulk_create(
            [CustomerBalance(company=made, customer=one, currency="EUR") for one in known]
        )
    return made, known


def pour(name: str, count: int, member: User) -> Seeded:
    """A company with `count` issued invoices over two years; the newest have lines and taxes."""
    made, known = company(name, member)
    with in_company(made), connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
        ids = _copy(cursor, Invoice, (_invoice(made, known, place, count) for place in range(count)))
        newest = ids[-50:]
        # The guard of issued invoices would refuse their lines; this is a bench, not a business.
        for table in ("billing_invoiceline", "billing_invoicetax"):
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        _copy(cursor, InvoiceLine, (_line(made, one, place) for one in newest for place in range(LINES)))
        _copy(cursor, InvoiceTax, (_tax(made, one) for one in newest))
        for table in ("billing_invoiceline", "billing_invoicetax"):
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
        cursor.execute("ANALYZE")
    return Seeded(made, known, newest[-1])


def _copy(cursor: Any, model: Any, rows: Any) -> list[UUID]:
    """Returns the ids, in the order poured."""
    columns, ids = None, []
    for values in rows:
        if columns is None:
            columns = list(values)
            names = ", ".join(model._meta.get_field(name).column for name in columns)
            stream = cursor.copy(f"COPY {model._meta.db_table} ({names}) FROM STDIN")
            copy = stream.__enter__()
        copy.write_row([values[name] for name in columns])
        ids.append(values["id"])
    stream.__exit__(None, None, None)
    return ids


def _invoice(company: Company, known: list[Customer], place: int, count: int) -> dict[str, Any]:
    customer = known[place % len(known)]
    issued = DAY - datetime.timedelta(days=(count - place) * 700 // count)
    is_open = place % 20 == 0 or place > count - 1000
    total = 10_000 + place % 90_000
    return {
        **{field.name: field.get_default() for field in Invoice._meta.fields if field.has_default()},
        "id": uuid7(),
        "company": company.pk,
        "customer": customer.pk,
        "contact": None,
        "status": "issued",
        "series": "INV",
        "number": f"INV-{place + 1:06d}",
        "customer_name": customer.name,
        "customer_copy": json.dumps(
            dict.fromkeys(("attention_to", "address", "country", "tax_id", "email"), "")
            | {"name": customer.name, "number": customer.number}
        ),
        "seller_copy": json.dumps(SELLER),
        "currency": "EUR",
        "issue_date": issued,
        "due_date": issued + datetime.timedelta(days=30),
        "payment_terms": "NET 30",
        "purchase_order": "",
        "message": "",
        "prices_include_tax": False,
        "tax_rounding": "document",
        "subtotal": total,
        "total": total,
        "amount_paid": 0 if is_open else total,
        "balance": total if is_open else 0,
        "created_at": AT,
        "issued_at": AT,
        "settled_at": None if is_open else AT,
        "dispute_reason": "",
    }


SELLER = {
    **dict.fromkeys(("address", "country", "tax_id", "registration", "email", "phone", "website"), ""),
    "legal_name": "Bench",
    "bank_details": "",
    "footer": "",
    "brand_colour": "#1f5eff",
}


def _line(company: Company, invoice_id: UUID, place: int) -> dict[str, Any]:
    return {
        "id": uuid7(),
        "company": company.pk,
        "invoice": invoice_id,
        "position": place + 1,
        "item": None,
        "name": "Consulting",
        "description": "",
        "quantity": 1_000_000,
        "unit": "h",
        "unit_price": 100_000_000,
        "price_base_quantity": 1_000_000,
        "discount_percent": None,
        "discount_amount": None,
        "taxes": json.dumps([{"id": str(uuid7()), "name": "VAT", "percent": "19", "category": "S"}]),
        "gross": 10_000,
        "discount": 0,
        "net": 10_000,
        "tax": 1_900,
        "total": 11_900,
    }


def _tax(company: Company, invoice_id: UUID) -> dict[str, Any]:
    return {
        "id": uuid7(),
        "company": company.pk,
        "invoice": invoice_id,
        "position": 1,
        "name": "VAT",
        "percent": 190_000,
        "category": "S",
        "base": 50_000,
        "amount": 9_500,
    }
