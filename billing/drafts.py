"""What people enter to make an invoice, and what it comes to: the same for the live preview, the page and the books."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from billing import terms
from billing.errors import DraftRefused
from billing.models import Contact, Customer, Item, TaxRate
from billing.money import Money, MoneyError
from billing.totals import Adjustment, Document, Line, Tax, Totals, TotalsError, compute


@dataclass(frozen=True, slots=True, kw_only=True)
class LineEntry:
    name: str
    quantity: Decimal
    unit_price: Decimal
    description: str = ""
    unit: str = ""
    price_base_quantity: Decimal = Decimal(1)
    discount_percent: Decimal | None = None
    discount_amount: Money | None = None
    tax_rates: tuple[TaxRate, ...] = ()
    item: Item | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AdjustmentEntry:
    """A document discount or charge: a percentage or an amount; without tax rates it is spread over the lines'."""

    kind: str
    label: str
    percent: Decimal | None = None
    amount: Money | None = None
    tax_rates: tuple[TaxRate, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    customer: Customer
    currency: str
    issue_date: datetime.date
    payment_terms: str
    lines: Sequence[LineEntry]
    adjustments: Sequence[AdjustmentEntry] = ()
    contact: Contact | None = None
    due_date: datetime.date | None = None
    purchase_order: str = ""
    message: str = ""
    prices_include_tax: bool = False
    tax_rounding: str = "document"
    prepaid: Money | None = None

    def due(self) -> datetime.date:
        """The day entered, else the day the terms give."""
        if self.due_date:
            return self.due_date
        try:
            return terms.parse(self.payment_terms).due_date(self.issue_date)
        except terms.TermsError as refusal:
            raise DraftRefused(str(refusal)) from refusal


def totals(draft: Draft) -> Totals:
    """What the draft comes to; `DraftRefused` says in a sentence what does not add up."""
    try:
        return compute(_document(draft))
    except (TotalsError, MoneyError) as refusal:
        raise DraftRefused(str(refusal)) from refusal


def copies(tax_rates: Sequence[TaxRate] | None) -> list[dict[str, Any]] | None:
    """Tax rates as a document keeps them."""
    if tax_rates is None:
        return None
    return [
        {"id": str(rate.pk), "name": rate.name, "percent": f"{Decimal(rate.percent):f}", "category": rate.category}
        for rate in tax_rates
    ]


def from_copies(copied: list[dict[str, Any]] | None) -> tuple[TaxRate, ...] | None:
    """The other way: tax rates as they were when they were copied, whatever became of them since."""
    if copied is None:
        return None
    return tuple(
        TaxRate(pk=copy["id"], name=copy["name"], percent=Decimal(copy["percent"]), category=copy["category"])
        for copy in copied
    )


def _document(draft: Draft) -> Document:
    return Document(
        currency=draft.currency,
        lines=tuple(_line(line) for line in draft.lines),
        adjustments=tuple(
            Adjustment(
                kind=entry.kind,  # type: ignore[arg-type]
                label=entry.label,
                percent=entry.percent,
                amount=entry.amount,
                taxes=None if entry.tax_rates is None else _taxes(entry.tax_rates),
            )
            for entry in draft.adjustments
        ),
        prices_include_tax=draft.prices_include_tax,
        tax_rounding=draft.tax_rounding,  # type: ignore[arg-type]
        prepaid=draft.prepaid,
        payable_rounding=None,
    )


def _line(entry: LineEntry) -> Line:
    discounts = tuple(
        Adjustment(kind="discount", label="", percent=percent, amount=amount, taxes=None)
        for percent, amount in ((entry.discount_percent, None), (None, entry.discount_amount))
        if percent or amount
    )
    return Line(
        quantity=entry.quantity,
        unit_price=entry.unit_price,
        price_base_quantity=entry.price_base_quantity,
        adjustments=discounts,
        taxes=_taxes(entry.tax_rates),
    )


def _taxes(tax_rates: Sequence[TaxRate]) -> tuple[Tax, ...]:
    return tuple(Tax(name=rate.name, percent=rate.percent, category=rate.category) for rate in tax_rates)
