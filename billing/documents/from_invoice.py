"""An invoice as the sheet its reader sees: on the page, in the portal and as PDF."""

import datetime
from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Literal

from billing import formats
from billing.countries import COUNTRIES
from billing.documents.sheet import (
    ACCENT,
    InvoiceSheet,
    Party,
    PaymentRow,
    SheetLine,
    SummaryRow,
    TaxRow,
    paper_of,
)
from billing.models import Allocation, Customer, Invoice, InvoiceAdjustment, InvoiceLine, InvoiceTax, Logo, Seller

Tone = Literal["good", "neutral", "bad"]
STAMPS: dict[str, tuple[str, Tone]] = {
    "draft": ("Draft", "neutral"),
    "paid": ("Paid", "good"),
    "voided": ("Void", "bad"),
}


def sheet_of(
    invoice: Invoice, as_of: datetime.date, pay_link: str | None = None, *, with_logo: bool = True
) -> InvoiceSheet:
    """What is printed. Once issued it is the copies made at issue that count; a draft shows what they would be."""
    seller = invoice.seller_copy or _seller(invoice.company.seller)
    customer = invoice.customer_copy or _customer(invoice.customer)
    stamp, tone = STAMPS.get(invoice.shown_status(as_of), ("", "neutral"))
    return InvoiceSheet(
        title="Invoice",
        number=invoice.number or "",
        seller=_seller_party(seller),
        bill_to=_customer_party(customer),
        issue_date=formats.day(invoice.issue_date),
        due_date=formats.day(invoice.due_date),
        terms=invoice.payment_terms,
        purchase_order=invoice.purchase_order,
        currency=invoice.currency,
        headline=_headline(invoice),
        lines=_lines(invoice),
        summary=tuple(_summary(invoice)),
        taxes=_taxes(invoice),
        payments=_payments(invoice),
        amount_due=formats.money(_due(invoice)),
        payment_instructions=seller["bank_details"] if _due(invoice) else "",
        pay_link=(pay_link or "") if _due(invoice) else "",
        notes=invoice.message,
        footer="\n".join(part for part in (seller["footer"], seller["registration"]) if part),
        stamp=stamp,
        stamp_tone=tone,
        brand_colour=seller["brand_colour"] or ACCENT,
        logo=_logo(invoice) if with_logo else None,
        paper=paper_of(seller["country"]),
        created_at=invoice.issued_at or invoice.created_at,
    )


def _seller(seller: Seller) -> dict[str, Any]:
    return {field.name: getattr(seller, field.name) for field in Seller._meta.fields if not field.is_relation}


def _customer(customer: Customer) -> dict[str, Any]:
    return {field.name: getattr(customer, field.name) for field in Customer._meta.fields if not field.is_relation}


def _seller_party(seller: dict[str, Any]) -> Party:
    tax_id = f"Tax number {seller['tax_id']}" if seller["tax_id"] else ""
    reached = (seller["email"], seller["phone"], seller["website"])
    return Party(name=seller["legal_name"], lines=_rows(*_place(seller), tax_id, *reached))


def _customer_party(customer: dict[str, Any]) -> Party:
    tax_id = f"Tax number {customer['tax_id']}" if customer["tax_id"] else ""
    return Party(name=customer["name"], lines=_rows(customer["attention_to"], *_place(customer), tax_id))


def _place(party: dict[str, Any]) -> list[str]:
    return [*party["address"].splitlines(), COUNTRIES.get(party["country"], party["country"])]


def _rows(*rows: str) -> tuple[str, ...]:
    return tuple(row.strip() for row in rows if row.strip())


def _due(invoice: Invoice) -> Any:
    """What the reader is asked for; a draft asks for what it would."""
    return invoice.total - invoice.prepaid if invoice.status == Invoice.Status.DRAFT else invoice.balance


def _headline(invoice: Invoice) -> str:
    if invoice.status == Invoice.Status.VOID:
        return "This invoice is void. Nothing is due."
    if invoice.status == Invoice.Status.ISSUED and not invoice.balance:
        return "Paid in full. Nothing is due."
    if not _due(invoice):
        return "Nothing is due."
    return f"{formats.money(_due(invoice))} due {formats.day(invoice.due_date)}"


def _lines(invoice: Invoice) -> tuple[SheetLine, ...]:
    lines: Sequence[InvoiceLine] = sorted(invoice.lines.all(), key=lambda line: line.position)
    return tuple(_line(line, invoice.currency) for line in lines)


def _line(line: InvoiceLine, currency: str) -> SheetLine:
    price = formats.price(line.unit_price, currency)
    if line.price_base_quantity != 1:
        price = f"{price} per {formats.number(line.price_base_quantity)}"
    return SheetLine(
        position=str(line.position),
        name=line.name,
        description=line.description,
        quantity=formats.number(line.quantity),
        unit=line.unit,
        unit_price=price,
        discount=_line_discount(line),
        tax=" + ".join(formats.percent(Decimal(tax["percent"])) for tax in line.taxes),
        net=formats.figures(line.net),
    )


def _line_discount(line: InvoiceLine) -> str:
    if line.discount_percent:
        return formats.percent(line.discount_percent)
    return formats.figures(line.discount) if line.discount else ""


def _summary(invoice: Invoice) -> list[SummaryRow]:
    rows = [SummaryRow("Subtotal", formats.figures(invoice.subtotal))]
    adjustments: Sequence[InvoiceAdjustment] = sorted(invoice.adjustments.all(), key=lambda one: one.position)
    rows += [SummaryRow(_adjustment_label(one), _signed(one)) for one in adjustments]
    included = " included" if invoice.prices_include_tax else ""
    rows += [
        SummaryRow(f"{tax.name} {formats.percent(tax.percent)}{included}", formats.figures(tax.amount))
        for tax in _ordered_taxes(invoice)
    ]
    rows.append(SummaryRow("Total", formats.money(invoice.total), emphasis=True))
    if invoice.prepaid:
        rows.append(SummaryRow("Paid in advance", f"-{formats.figures(invoice.prepaid)}"))
    return rows


def _adjustment_label(adjustment: InvoiceAdjustment) -> str:
    if adjustment.percent is None:
        return adjustment.label
    return f"{adjustment.label} {formats.percent(adjustment.percent)}"


def _signed(adjustment: InvoiceAdjustment) -> str:
    written = formats.figures(adjustment.amount)
    return f"-{written}" if adjustment.kind == InvoiceAdjustment.Kind.DISCOUNT else written


def _ordered_taxes(invoice: Invoice) -> list[InvoiceTax]:
    return sorted(invoice.taxes.all(), key=lambda tax: tax.position)


def _taxes(invoice: Invoice) -> tuple[TaxRow, ...]:
    """The breakdown by rate, where one rate alone does not say it all."""
    taxes = _ordered_taxes(invoice)
    if len(taxes) < 2:
        return ()
    return tuple(
        TaxRow(tax.name, formats.percent(tax.percent), formats.figures(tax.base), formats.figures(tax.amount))
        for tax in taxes
    )


def _payments(invoice: Invoice) -> tuple[PaymentRow, ...]:
    live: list[Allocation] = [one for one in invoice.allocations.all() if one.released_at is None]
    live.sort(key=lambda allocation: (allocation.payment.received_date, allocation.allocated_at))
    rows = [
        PaymentRow(f"Paid {formats.day(one.payment.received_date)}", f"-{formats.figures(one.amount)}") for one in live
    ]
    if invoice.amount_written_off:
        rows.append(PaymentRow("Written off", f"-{formats.figures(invoice.amount_written_off)}"))
    return tuple(rows)


def _logo(invoice: Invoice) -> bytes | None:
    found = Logo.objects.filter(company_id=invoice.company_id).values_list("png", flat=True).first()
    return bytes(found) if found else None
