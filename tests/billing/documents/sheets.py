"""One plain invoice sheet; a test changes what it is about."""

import datetime
import io
from dataclasses import replace
from typing import Any

from PIL import Image

from billing.documents.sheet import InvoiceSheet, Party, SheetLine, SummaryRow, TaxRow

AT = datetime.datetime(2026, 3, 2, 9, 30, tzinfo=datetime.UTC)
LINE = SheetLine(
    position="1",
    name="Consulting",
    description="Review of the payment flow",
    quantity="2.5",
    unit="hours",
    unit_price="€100.00",
    tax="19%",
    net="€250.00",
)
SHEET = InvoiceSheet(
    title="Invoice",
    number="INV-000042",
    seller=Party(name="Northwind GmbH", lines=("Lindenstraße 12", "10969 Berlin")),
    bill_to=Party(name="Acme B.V.", lines=("Keizersgracht 241", "Amsterdam")),
    issue_date="2 Mar 2026",
    due_date="1 Apr 2026",
    currency="EUR",
    lines=(LINE,),
    summary=(SummaryRow("Subtotal", "€250.00"), SummaryRow("Total", "€297.50", emphasis=True)),
    taxes=(TaxRow("VAT", "19%", "€250.00", "€47.50"),),
    amount_due="€297.50",
    created_at=AT,
)


def sheet(**changes: Any) -> InvoiceSheet:
    return replace(SHEET, **changes)


def line(**changes: Any) -> SheetLine:
    return replace(LINE, **changes)


def picture(kind: str = "PNG", size: tuple[int, int] = (300, 100), mode: str = "RGB", **options: Any) -> bytes:
    file = io.BytesIO()
    Image.new(mode, size, "teal").save(file, kind, **options)
    return file.getvalue()
