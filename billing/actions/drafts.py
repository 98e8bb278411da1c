"""An invoice before it exists for anyone else: it can be changed, and discarded."""

import dataclasses
import datetime
import hashlib
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from audit import log
from audit.actors import Actor
from billing import drafts, events, locks
from billing.drafts import AdjustmentEntry, Draft, LineEntry
from billing.errors import DraftAlreadySaved, DraftChangedMeanwhile, DraftRefused, InvoiceNotDraft
from billing.models import Invoice, InvoiceAdjustment, InvoiceLine, InvoiceTax
from billing.money import Money
from billing.totals import Totals
from security.ids import id_of_a_form


@transaction.atomic
def create(*, draft: Draft, by: Actor, at: datetime.datetime, form: UUID | None = None) -> Invoice:
    """Keep what was entered; nothing is owed yet and there is no number.

    `form` names the form it was entered in: the same one of the same person makes one invoice, however often it is
    sent. It comes from outside, so it is never the id itself: that may be another's.
    """
    totals = _accepted(draft)
    invoice = Invoice(company_id=draft.customer.company_id, created_at=at, **_fields(draft, totals))
    if form is not None:
        invoice.pk = id_of_a_form(form, invoice.company_id, by.id)
    _insert(invoice)
    _write_parts(invoice, draft, totals)
    log.record(
        events.INVOICE_DRAFTED, target=invoice, by=by, at=at, customer=draft.customer.name, total=totals.total.plain()
    )
    return invoice


@transaction.atomic
def create_many(*, drafts_entered: list[Draft], by: Actor, at: datetime.datetime) -> list[Invoice]:
    """As `create`, for a billing run: all of them or none."""
    accepted = [(draft, _accepted(draft)) for draft in drafts_entered]
    invoices = Invoice.objects.bulk_create(
        [
            Invoice(company_id=draft.customer.company_id, created_at=at, **_fields(draft, totals))
            for draft, totals in accepted
        ]
    )
    parts = [_parts(invoice, draft, totals) for invoice, (draft, totals) in zip(invoices, accepted, strict=True)]
    InvoiceLine.objects.bulk_create([line for lines, _, _ in parts for line in lines])
    InvoiceAdjustment.objects.bulk_create([adjustment for _, adjustments, _ in parts for adjustment in adjustments])
    InvoiceTax.objects.bulk_create([tax for _, _, taxes in parts for tax in taxes])
    log.record_many(
        [
            log.entry(
                events.INVOICE_DRAFTED,
                target=invoice,
                by=by,
                at=at,
                customer=draft.customer.name,
                total=totals.total.plain(),
            )
            for invoice, (draft, totals) in zip(invoices, accepted, strict=True)
        ]
    )
    return invoices


@transaction.atomic
def change(*, invoice: Invoice, draft: Draft, by: Actor, at: datetime.datetime, seen: str = "") -> Invoice:
    """Replace a draft by what was entered now; `seen` is the fingerprint of what whoever entered it had before them."""
    invoice = locks.invoice(invoice.pk)
    _refuse_unless_draft(invoice)
    refuse_unless_seen(invoice, seen)
    totals = _accepted(draft)
    before = invoice.total.plain()
    fields = _fields(draft, totals)
    for name, value in fields.items():
        setattr(invoice, name, value)
    invoice.save(update_fields=list(fields))
    for parts in (invoice.lines, invoice.adjustments, invoice.taxes):
        parts.all().delete()
    _write_parts(invoice, draft, totals)
    log.record(
        events.INVOICE_CHANGED,
        target=invoice,
        by=by,
        at=at,
        changes={"total": [before, totals.total.plain()]},
        customer=draft.customer.name,
        total=totals.total.plain(),
    )
    return invoice


@transaction.atomic
def discard(*, invoice: Invoice, by: Actor, at: datetime.datetime) -> None:
    """Only a draft can be removed: it never had a number."""
    invoice = locks.invoice(invoice.pk)
    _refuse_unless_draft(invoice)
    log.record(
        events.INVOICE_DISCARDED,
        target=invoice,
        by=by,
        at=at,
        customer=invoice.customer_name,
        total=invoice.total.plain(),
    )
    invoice.delete()


def duplicate(*, invoice: Invoice, issue_date: datetime.date, by: Actor, at: datetime.datetime) -> Invoice:
    """A new draft with the same content, dated `issue_date`; the due date follows from the terms."""
    return create(draft=as_entered(invoice, issue_date=issue_date), by=by, at=at)


def as_entered(invoice: Invoice, *, issue_date: datetime.date) -> Draft:
    """The content of an invoice as somebody would enter it on `issue_date`."""
    return Draft(
        customer=invoice.customer,
        contact=invoice.contact,
        currency=invoice.currency,
        issue_date=issue_date,
        payment_terms=invoice.payment_terms,
        purchase_order=invoice.purchase_order,
        message=invoice.message,
        prices_include_tax=invoice.prices_include_tax,
        tax_rounding=invoice.tax_rounding,
        lines=[_line_entry(line) for line in invoice.lines.select_related("item").order_by("position")],
        adjustments=[_adjustment_entry(adjustment) for adjustment in invoice.adjustments.order_by("position")],
    )


def as_saved(invoice: Invoice) -> Draft:
    """A draft as it was entered, with what a copy of it does not take along: its own due date and what is prepaid."""
    entered = as_entered(invoice, issue_date=invoice.issue_date)
    due_date = None if invoice.due_date == entered.due() else invoice.due_date
    return dataclasses.replace(entered, due_date=due_date, prepaid=invoice.prepaid or None)


def fingerprint(invoice: Invoice, entered: Draft | None = None) -> str:
    """What a draft says, in short: it changes whenever the draft does. `entered` saves reading it once more."""
    said = (invoice.customer_id, invoice.contact_id, entered or as_saved(invoice))
    return hashlib.sha256(repr(said).encode()).hexdigest()


def refuse_unless_seen(invoice: Invoice, seen: str) -> None:
    """Nobody issues or overwrites what they did not see; an empty `seen` asks for no such care."""
    if seen and seen != fingerprint(invoice):
        raise DraftChangedMeanwhile("Somebody changed this draft after you opened it. Look at what it says now first.")


def _insert(invoice: Invoice) -> None:
    try:
        with transaction.atomic():
            invoice.save(force_insert=True)
    except IntegrityError:
        if Invoice.objects.filter(pk=invoice.pk).exists():
            raise DraftAlreadySaved(invoice.pk) from None
        raise


def _line_entry(line: InvoiceLine) -> LineEntry:
    return LineEntry(
        name=line.name,
        description=line.description,
        quantity=line.quantity,
        unit=line.unit,
        unit_price=line.unit_price,
        price_base_quantity=line.price_base_quantity,
        discount_percent=line.discount_percent,
        discount_amount=line.discount_amount,
        tax_rates=drafts.from_copies(line.taxes) or (),
        item=line.item,
    )


def _adjustment_entry(adjustment: InvoiceAdjustment) -> AdjustmentEntry:
    return AdjustmentEntry(
        kind=adjustment.kind,
        label=adjustment.label,
        percent=adjustment.percent,
        amount=adjustment.fixed,
        tax_rates=drafts.from_copies(adjustment.taxes),
    )


def _refuse_unless_draft(invoice: Invoice) -> None:
    if invoice.status != Invoice.Status.DRAFT:
        raise InvoiceNotDraft(
            f"{invoice} is issued and cannot be changed. Void it and issue a new one, or duplicate it as a draft."
        )


def _accepted(draft: Draft) -> Totals:
    if draft.customer.archived_at:
        raise DraftRefused(f"{draft.customer} is archived. Restore the customer before invoicing it.")
    totals = drafts.totals(draft)
    if totals.total.minor < 0:
        raise DraftRefused(
            f"The invoice comes to {totals.total.plain()}, less than zero. Lower the discounts or raise a line."
        )
    if totals.prepaid.minor < 0 or totals.prepaid.minor > totals.total.minor:
        raise DraftRefused(f"The prepaid amount must lie between zero and the total of {totals.total.plain()}.")
    if draft.due() < draft.issue_date:
        raise DraftRefused("The due date lies before the issue date. Choose the issue date or a later day.")
    return totals


def _fields(draft: Draft, totals: Totals) -> dict[str, Any]:
    return {
        "customer": draft.customer,
        "contact": draft.contact,
        "customer_name": draft.customer.name,
        "currency": draft.currency,
        "issue_date": draft.issue_date,
        "due_date": draft.due(),
        "payment_terms": draft.payment_terms,
        "purchase_order": draft.purchase_order,
        "message": draft.message,
        "prices_include_tax": draft.prices_include_tax,
        "tax_rounding": draft.tax_rounding,
        "subtotal": totals.subtotal,
        "discount": totals.discount,
        "charge": totals.charge,
        "tax": totals.tax,
        "total": totals.total,
        "prepaid": draft.prepaid or Money.zero(draft.currency),
    }


def _write_parts(invoice: Invoice, draft: Draft, totals: Totals) -> None:
    lines, adjustments, taxes = _parts(invoice, draft, totals)
    InvoiceLine.objects.bulk_create(lines)
    if adjustments:
        InvoiceAdjustment.objects.bulk_create(adjustments)
    if taxes:
        InvoiceTax.objects.bulk_create(taxes)


def _parts(
    invoice: Invoice, draft: Draft, totals: Totals
) -> tuple[list[InvoiceLine], list[InvoiceAdjustment], list[InvoiceTax]]:
    lines = [
        InvoiceLine(
            company_id=invoice.company_id,
            invoice=invoice,
            position=position,
            item=entry.item,
            name=entry.name,
            description=entry.description,
            quantity=entry.quantity,
            unit=entry.unit,
            unit_price=entry.unit_price,
            price_base_quantity=entry.price_base_quantity,
            discount_percent=entry.discount_percent,
            discount_amount=entry.discount_amount,
            taxes=drafts.copies(entry.tax_rates),
            gross=line.gross,
            discount=line.discount,
            net=line.net,
            tax=line.tax,
            total=line.total,
        )
        for position, (entry, line) in enumerate(zip(draft.lines, totals.lines, strict=True), start=1)
    ]
    adjustments = [
        InvoiceAdjustment(
            company_id=invoice.company_id,
            invoice=invoice,
            position=position,
            kind=entry.kind,
            label=entry.label,
            percent=entry.percent,
            fixed=entry.amount,
            taxes=drafts.copies(entry.tax_rates),
            amount=amount,
        )
        for position, (entry, amount) in enumerate(zip(draft.adjustments, totals.adjustments, strict=True), start=1)
    ]
    taxes = [
        InvoiceTax(
            company_id=invoice.company_id,
            invoice=invoice,
            position=position,
            name=group.tax.name,
            percent=group.tax.percent,
            category=group.tax.category,
            base=group.base,
            amount=group.amount,
        )
        for position, group in enumerate(totals.taxes, start=1)
    ]
    return lines, adjustments, taxes
