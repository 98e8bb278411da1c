"""Every document put through the totals again, from what was entered."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import Prefetch

from billing.lines import Adjustment, Document, Line, Tax
from billing.models import Invoice, InvoiceAdjustment, InvoiceLine, InvoiceTax
from billing.money import Money, MoneyError
from billing.queries.books.findings import Finding, batches
from billing.totals import Totals, TotalsError, compute

SUMS = ("subtotal", "discount", "charge", "tax", "total")
LINE_AMOUNTS = ("gross", "discount", "net", "tax", "total")


def totals_can_be_computed_again(company_id: UUID) -> Finding:
    checked, wrong = 0, []
    parts = [
        Prefetch(name, model.objects.order_by("position"))
        for name, model in (("lines", InvoiceLine), ("adjustments", InvoiceAdjustment), ("taxes", InvoiceTax))
    ]
    for batch in batches(Invoice.objects.filter(company=company_id).prefetch_related(*parts)):
        checked += len(batch)
        wrong += [
            f"{invoice.number or f'draft {invoice.pk}'}: {fault}" for invoice in batch for fault in _faults(invoice)
        ]
    return Finding("The amounts of each invoice follow from its lines, discounts, charges and taxes", checked, wrong)


def _faults(invoice: Invoice) -> Iterator[str]:
    try:
        totals = compute(_document(invoice))
    except (TotalsError, MoneyError) as refusal:
        yield f"it cannot be computed: {refusal}"
        return
    for name in SUMS:
        yield from _compared(f"the {name}", getattr(invoice, name), getattr(totals, name))
    for line, computed in zip(invoice.lines.all(), totals.lines, strict=True):
        for name in LINE_AMOUNTS:
            yield from _compared(f"the {name} of line {line.position}", getattr(line, name), getattr(computed, name))
    for adjustment, amount in zip(invoice.adjustments.all(), totals.adjustments, strict=True):
        yield from _compared(f"“{adjustment.label}”", adjustment.amount, amount)
    yield from _compared("the tax table", _stored_taxes(invoice), _computed_taxes(totals))


def _compared(what: str, stored: Any, computed: Any) -> Iterator[str]:
    if stored != computed:
        yield f"{what} is {_plain(stored)}, computed again it is {_plain(computed)}"


def _plain(value: Any) -> str:
    return value.plain() if isinstance(value, Money) else ", ".join(map(str, value))


def _stored_taxes(invoice: Invoice) -> list[tuple]:
    return [(tax.name, tax.percent, tax.category, tax.base.minor, tax.amount.minor) for tax in invoice.taxes.all()]


def _computed_taxes(totals: Totals) -> list[tuple]:
    return [
        (group.tax.name, group.tax.percent, group.tax.category, group.base.minor, group.amount.minor)
        for group in totals.taxes
    ]


def _document(invoice: Invoice) -> Document:
    return Document(
        currency=invoice.currency,
        lines=tuple(_line(line) for line in invoice.lines.all()),
        adjustments=tuple(
            Adjustment(
                kind=adjustment.kind,
                label=adjustment.label,
                percent=adjustment.percent,
                amount=adjustment.fixed,
                taxes=None if adjustment.taxes is None else _taxes(adjustment.taxes),
            )
            for adjustment in invoice.adjustments.all()
        ),
        prices_include_tax=invoice.prices_include_tax,
        tax_rounding=invoice.tax_rounding,
        prepaid=invoice.prepaid,
    )


def _line(line: InvoiceLine) -> Line:
    discounts = ((line.discount_percent, None), (None, line.discount_amount))
    return Line(
        quantity=line.quantity,
        unit_price=line.unit_price,
        price_base_quantity=line.price_base_quantity,
        adjustments=tuple(
            Adjustment(kind="discount", label="", percent=percent, amount=amount)
            for percent, amount in discounts
            if percent or amount
        ),
        taxes=_taxes(line.taxes),
    )


def _taxes(copied: list[dict[str, Any]]) -> tuple[Tax, ...]:
    return tuple(Tax(name=tax["name"], percent=Decimal(tax["percent"]), category=tax["category"]) for tax in copied)
