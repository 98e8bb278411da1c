"""The list of customers as a table for other programs."""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from itertools import islice
from typing import Any

from django.db.models import QuerySet

from accounts.models import Company
from billing.models import Customer, CustomField, CustomFieldValue
from billing.queries.custom_fields import values_by_customer

HEAD = (
    "Number",
    "Name",
    "Kind",
    "E-mail",
    "Phone",
    "Attention to",
    "Address",
    "Country",
    "Tax number",
    "Currency",
    "Payment terms",
    "Receives invoices by e-mail",
    "Owner",
    "Customer since",
    "Archived",
)
TEXTS = ("email", "phone", "attention_to", "address", "country", "tax_id", "currency", "payment_terms")
CHUNK = 500


def customer_head(fields: Sequence[CustomField]) -> tuple[str, ...]:
    """The names of the columns, those of the company's own fields last."""
    return (*HEAD, *(field.name for field in fields))


def customer_table(
    company: Company, customers: QuerySet[Customer], values: QuerySet[CustomFieldValue], fields: Sequence[CustomField]
) -> Iterator[list[Any]]:
    """One row a customer by name, fetched as they are written, with what they have in the fields.

    `values` are those that may be seen: they are asked for when the company's scope is closed.
    """
    columns = ("id", "number", "name", "kind", *TEXTS, "paperless", "owner__name", "created_at", "archived_at")
    rows = customers.order_by("name", "id").values(*columns).iterator(chunk_size=CHUNK)
    while chunk := list(islice(rows, CHUNK)):
        own = values_by_customer([row["id"] for row in chunk], fields, among=values)
        for row in chunk:
            yield [*_usual(row, company), *(_written(one, own[row["id"]].get(one.pk, "")) for one in fields)]


def _usual(row: dict[str, Any], company: Company) -> list[Any]:
    return [
        row["number"],
        row["name"],
        Customer.Kind(row["kind"]).label,
        *(row[name] for name in TEXTS),
        "yes" if row["paperless"] else "no",
        row["owner__name"] or "",
        company.today(row["created_at"]).isoformat(),
        company.today(row["archived_at"]).isoformat() if row["archived_at"] else "",
    ]


def _written(field: CustomField, value: str) -> str | Decimal:
    return Decimal(value) if value and field.kind == CustomField.Kind.NUMBER else value
