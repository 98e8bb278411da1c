"""Invoices as programs read them."""

import datetime
from collections.abc import Sequence
from operator import attrgetter
from typing import Any

from billing.api import shapes
from billing.api.shapes import Property, Shape
from billing.lines import TAX_CATEGORIES
from billing.models import Invoice, InvoiceAdjustment
from billing.queries.invoice_page import load_document
from billing.statuses import SHOWN_STATUSES

CUSTOMER_NAMED = Shape(
    "InvoiceCustomer",
    "Who is asked to pay, by the name that stands on the invoice.",
    {"id": shapes.identity("customer_id"), "name": shapes.text("customer_name")},
)
LINE_TAX = Shape(
    "LineTax",
    "A tax on a line or on an adjustment.",
    {
        "name": Property({"type": "string"}, lambda copy: copy["name"]),
        "percent": Property({"type": "string"}, lambda copy: copy["percent"]),
        "category": Property({"type": "string", "enum": list(TAX_CATEGORIES)}, lambda copy: copy["category"]),
    },
)
LINE = Shape(
    "InvoiceLine",
    "One thing sold.",
    {
        "position": shapes.number("position"),
        "name": shapes.text("name"),
        "description": shapes.text("description"),
        "quantity": shapes.decimal("quantity"),
        "unit": shapes.text("unit"),
        "unit_price": shapes.decimal("unit_price", "In the currency of the invoice, with up to six decimals."),
        "price_base_quantity": shapes.decimal("price_base_quantity", "How many the unit price is for."),
        "gross": shapes.money("gross", "Quantity times price."),
        "discount": shapes.money("discount"),
        "net": shapes.money("net", "Without tax, less the discount."),
        "tax": shapes.money("tax"),
        "total": shapes.money("total"),
        "taxes": shapes.several(LINE_TAX),
    },
)
ADJUSTMENT = Shape(
    "InvoiceAdjustment",
    "A discount on, or a charge added to, the whole invoice.",
    {
        "position": shapes.number("position"),
        "kind": shapes.choice("kind", InvoiceAdjustment.Kind.values),
        "label": shapes.text("label"),
        "percent": shapes.maybe(shapes.decimal("percent")),
        "amount": shapes.money("amount"),
    },
)
TAX = Shape(
    "InvoiceTax",
    "The tax of one rate on the whole invoice.",
    {
        "name": shapes.text("name"),
        "percent": shapes.decimal("percent"),
        "category": shapes.choice("category", TAX_CATEGORIES),
        "base": shapes.money("base"),
        "amount": shapes.money("amount"),
    },
)
INVOICE = Shape(
    "Invoice",
    "What a customer is asked to pay. Once it has a number only its status and what is paid change.",
    {
        "id": shapes.identity("pk"),
        "number": shapes.maybe(shapes.text("number", "Null for a draft.")),
        "status": shapes.found(
            {"type": "string", "enum": list(SHOWN_STATUSES)},
            "As the pages show it; past_due counts by the company's calendar.",
        ),
        "customer": shapes.part(CUSTOMER_NAMED),
        "currency": shapes.text("currency"),
        "issue_date": shapes.day("issue_date"),
        "due_date": shapes.day("due_date"),
        "payment_terms": shapes.text("payment_terms"),
        "purchase_order": shapes.text("purchase_order"),
        "message": shapes.text("message"),
        "prices_include_tax": shapes.boolean("prices_include_tax"),
        "subtotal": shapes.money("subtotal"),
        "discount": shapes.money("discount"),
        "charge": shapes.money("charge"),
        "tax": shapes.money("tax"),
        "total": shapes.money("total"),
        "prepaid": shapes.money("prepaid", "What was paid before it was issued."),
        "amount_paid": shapes.money("amount_paid"),
        "amount_written_off": shapes.money("amount_written_off"),
        "balance": shapes.money("balance", "What is still owed."),
        "created_at": shapes.instant("created_at"),
        "issued_at": shapes.maybe(shapes.instant("issued_at")),
        "sent_at": shapes.maybe(shapes.instant("sent_at")),
        "viewed_at": shapes.maybe(shapes.instant("viewed_at")),
        "settled_at": shapes.maybe(shapes.instant("settled_at")),
        "voided_at": shapes.maybe(shapes.instant("voided_at")),
        "written_off_at": shapes.maybe(shapes.instant("written_off_at")),
        "disputed_at": shapes.maybe(shapes.instant("disputed_at")),
    },
)
INVOICE_WITH_LINES = INVOICE.extended(
    "InvoiceWithLines",
    "An invoice and what it is made of.",
    lines=shapes.several(LINE),
    adjustments=shapes.several(ADJUSTMENT),
    taxes=shapes.several(TAX),
)


def written(invoices: Sequence[Invoice], as_of: datetime.date) -> list[dict[str, Any]]:
    return [INVOICE.write(invoice, status=invoice.shown_status(as_of)) for invoice in invoices]


def written_with_lines(invoice: Invoice, as_of: datetime.date) -> dict[str, Any]:
    load_document(invoice)
    position = attrgetter("position")
    return INVOICE_WITH_LINES.write(
        invoice,
        status=invoice.shown_status(as_of),
        lines=[
            LINE.write(line, taxes=[LINE_TAX.write(copy) for copy in line.taxes])
            for line in sorted(invoice.lines.all(), key=position)
        ],
        adjustments=[ADJUSTMENT.write(one) for one in sorted(invoice.adjustments.all(), key=position)],
        taxes=[TAX.write(one) for one in sorted(invoice.taxes.all(), key=position)],
    )
