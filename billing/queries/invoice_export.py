"""The list of invoices as a table for other programs."""

import datetime
from collections.abc import Iterator
from typing import Any

from django.db.models import QuerySet

from billing.models import Invoice
from billing.money import Money
from billing.statuses import SHOWN_STATUSES, shown_status

HEAD = (
    "Number",
    "Status",
    "Customer number",
    "Customer",
    "Issue date",
    "Due date",
    "Purchase order",
    "Currency",
    "Subtotal",
    "Discount",
    "Charge",
    "Tax",
    "Total",
    "Prepaid",
    "Paid",
    "Written off",
    "Balance",
)
AMOUNTS = ("subtotal", "discount", "charge", "tax", "total", "prepaid", "amount_paid", "amount_written_off", "balance")
CHUNK = 2000


def invoice_table(invoices: QuerySet[Invoice], as_of: datetime.date) -> Iterator[list[Any]]:
    """One row an invoice, newest first, fetched as they are written."""
    columns = ("number", "customer__number", "customer_name", "issue_date", "due_date", "purchase_order", "currency")
    facts = ("status", "pending_at", "viewed_at", "sent_at")
    rows = invoices.order_by("-issue_date", "-id").values(*columns, *facts, *AMOUNTS)
    return (_row(row, as_of) for row in rows.iterator(chunk_size=CHUNK))


def _row(row: dict[str, Any], as_of: datetime.date) -> list[Any]:
    shown = shown_status(
        status=row["status"],
        owed=row["balance"],
        pending=row["pending_at"] is not None,
        late=row["due_date"] < as_of,
        viewed=row["viewed_at"] is not None,
        sent=row["sent_at"] is not None,
    )
    return [
        row["number"] or "",
        SHOWN_STATUSES[shown],
        row["customer__number"],
        row["customer_name"],
        row["issue_date"].isoformat(),
        row["due_date"].isoformat(),
        row["purchase_order"],
        row["currency"],
        *(Money(row[name], row["currency"]).amount for name in AMOUNTS),
    ]
