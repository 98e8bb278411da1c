"""Money that arrived: recorded, used on invoices, released again, reversed when it bounced."""

import datetime
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction

from audit import log
from audit.actors import Actor
from billing import emails, events, ledger, locks, numbering
from billing.errors import (
    AllocationAlreadyReleased,
    AllocationExceedsBalance,
    AllocationExceedsPayment,
    InvoiceNotPayable,
    PaymentNotReversible,
    PaymentRefused,
)
from billing.models import Allocation, Customer, EmailMessage, Invoice, LedgerEntry, Payment
from billing.models import Sequence as NumberSequence
from billing.money import Money

Kind = LedgerEntry.Kind
SERIES = "PAY"


@dataclass(frozen=True, slots=True)
class Use:
    """How much of a payment goes to one invoice."""

    invoice_id: UUID
    amount: Money


@transaction.atomic
def record(
    *,
    customer: Customer,
    amount: Money,
    received_date: datetime.date,
    method: str,
    request_key: UUID,
    by: Actor,
    at: datetime.datetime,
    uses: Sequence[Use] = (),
    reference: str = "",
    source: str = Payment.Source.KEYED,
    receipt_to: tuple[str, str] | None = None,
) -> Payment:
    """Keep money that arrived and use it on invoices; what is left stays to the customer's credit.

    `request_key` names the form or attempt it came from: the same key again returns the payment it made before,
    and is refused for any other payment. Keys of forms and of attempts never meet: each source has its own.
    """
    customer = locks.customer(customer.pk)
    made_before = Payment.objects.filter(source=source, request_key=request_key).first()
    if made_before:
        return _same(made_before, customer, amount)
    if amount.minor <= 0:
        raise PaymentRefused("A payment must be more than zero.")
    if received_date > customer.company.today(at):
        raise PaymentRefused("The money cannot have arrived in the future. Choose today or an earlier day.")
    invoices = _payable(customer, amount, uses)
    payment = Payment(
        company_id=customer.company_id,
        customer=customer,
        number=numbering.take(customer.company_id, NumberSequence.Kind.PAYMENT, SERIES),
        request_key=request_key,
        received_date=received_date,
        currency=amount.currency,
        amount=amount,
        unapplied=amount - _sum(uses, amount.currency),
        method=method,
        source=source,
        reference=reference,
        recorded_at=at,
    )
    payment.save(force_insert=True)
    entries = [ledger.credit(payment, Kind.RECEIVED, -amount, received_date, at)]
    for use in uses:
        _, moved = _use(payment, invoices[use.invoice_id], use.amount, received_date, at)
        entries += moved
    ledger.post(entries)
    if receipt_to:
        name, address = receipt_to
        emails.queue(EmailMessage.Kind.RECEIPT, to=address, name=name, customer=customer, payment=payment, by=by, at=at)
    log.record(
        events.PAYMENT_RECORDED,
        target=payment,
        by=by,
        at=at,
        amount=amount.plain(),
        customer=customer.name,
        used_on=_used_on([invoices[use.invoice_id] for use in uses]),
        allocations=[{"invoice": str(invoices[use.invoice_id]), "amount": use.amount.plain()} for use in uses],
    )
    return payment


def _same(payment: Payment, customer: Customer, amount: Money) -> Payment:
    """The payment a key made before, if this is it; nothing is said about it to whoever asks for another."""
    if (payment.customer_id, payment.amount) != (customer.pk, amount):
        raise PaymentRefused(
            "This form was already used for another payment. Open a new form and enter this payment there."
        )
    return payment


@transaction.atomic
def allocate(*, payment: Payment, invoice: Invoice, amount: Money, by: Actor, at: datetime.datetime) -> Allocation:
    """Use unapplied money on an invoice of the same customer."""
    customer = locks.customer(payment.customer_id)
    use = Use(invoice.pk, amount)
    locked_invoice = _payable(customer, None, [use])[invoice.pk]
    payment = locks.payment(payment.pk)
    if payment.reversed_at:
        raise PaymentRefused(f"{payment} is reversed; there is nothing left of it.")
    if amount.currency != payment.currency:
        raise PaymentRefused(_other_currency(locked_invoice, payment.currency))
    if amount > payment.unapplied:
        raise AllocationExceedsPayment(f"Only {payment.unapplied.plain()} of {payment} is unapplied.")
    payment.unapplied -= amount
    payment.save(update_fields=["unapplied"])
    allocation, moved = _use(payment, locked_invoice, amount, customer.company.today(at), at)
    ledger.post(moved)
    log.record(
        events.PAYMENT_ALLOCATED, target=payment, by=by, at=at, amount=amount.plain(), invoice=str(locked_invoice)
    )
    return allocation


@transaction.atomic
def release(*, allocation: Allocation, by: Actor, at: datetime.datetime) -> Allocation:
    """Take money off an invoice again; it returns to the customer's credit. Never off what was written off."""
    customer = locks.customer(allocation.payment.customer_id)
    invoice = locks.invoice(allocation.invoice_id)
    payment = locks.payment(allocation.payment_id)
    allocation = locks.allocation(allocation.pk)
    if allocation.released_at:
        raise AllocationAlreadyReleased(f"This part of {payment} was released already.")
    _refuse_written_off([invoice])
    day = customer.company.today(at)
    payment.unapplied += allocation.amount
    payment.save(update_fields=["unapplied"])
    ledger.post(_release(payment, invoice, allocation, day, at))
    log.record(
        events.PAYMENT_RELEASED,
        target=payment,
        by=by,
        at=at,
        amount=allocation.amount.plain(),
        invoice=str(invoice),
    )
    return allocation


@transaction.atomic
def reverse(*, payment: Payment, reason: str, by: Actor, at: datetime.datetime) -> Payment:
    """The money did not stay: a cheque bounced, a transfer was called back. What it paid is owed again.

    Of a written-off invoice somebody has to undo the write-off first: what was given up is what was judged then.
    """
    customer = locks.customer(payment.customer_id)
    live = list(Allocation.objects.filter(payment_id=payment.pk, released_at__isnull=True).order_by("invoice_id", "pk"))
    invoices = {invoice.pk: invoice for invoice in locks.invoices(allocation.invoice_id for allocation in live)}
    payment = locks.payment(payment.pk)
    if payment.reversed_at:
        raise PaymentNotReversible(f"{payment} is reversed already.")
    _refuse_written_off(invoices.values())
    day = customer.company.today(at)
    entries = []
    for allocation in live:
        entries += _release(payment, invoices[allocation.invoice_id], allocation, day, at)
    ledger.post([*entries, ledger.credit(payment, Kind.REVERSED, payment.amount, day, at)])
    payment.unapplied, payment.reversed_at = Money.zero(payment.currency), at
    payment.reversal_reason = reason
    payment.save(update_fields=["unapplied", "reversed_at", "reversal_reason"])
    log.record(events.PAYMENT_REVERSED, target=payment, by=by, at=at, amount=payment.amount.plain(), reason=reason)
    return payment


def _payable(customer: Customer, amount: Money | None, uses: Sequence[Use]) -> dict[UUID, Invoice]:
    """The invoices, locked, if each can take its part; `amount` bounds the sum."""
    invoices = {invoice.pk: invoice for invoice in locks.invoices(use.invoice_id for use in uses)}
    if len(invoices) != len(uses):
        raise PaymentRefused("An invoice can be named only once in a payment.")
    for use in uses:
        invoice = invoices[use.invoice_id]
        if invoice.customer_id != customer.pk:
            raise PaymentRefused(f"{invoice} is not an invoice of {customer}.")
        if invoice.currency != use.amount.currency:
            raise PaymentRefused(_other_currency(invoice, use.amount.currency))
        if invoice.status != Invoice.Status.ISSUED:
            raise InvoiceNotPayable(
                f"{invoice} is {invoice.get_status_display().lower()} and takes no payment."
                + (" Undo the write-off first." if invoice.status == Invoice.Status.WRITTEN_OFF else "")
            )
        if use.amount.minor <= 0:
            raise PaymentRefused("Every part of a payment must be more than zero.")
        if use.amount > invoice.balance:
            raise AllocationExceedsBalance(
                f"{invoice} has {invoice.balance.plain()} left to pay, less than {use.amount.plain()}."
            )
    if amount is not None and _sum(uses, amount.currency) > amount:
        raise AllocationExceedsPayment(
            f"The parts come to {_sum(uses, amount.currency).plain()}, more than the payment of {amount.plain()}."
        )
    return invoices


def _refuse_written_off(invoices: Iterable[Invoice]) -> None:
    """What was paid before a write-off stays, or more would be given up than anybody agreed to."""
    for invoice in invoices:
        if invoice.status == Invoice.Status.WRITTEN_OFF:
            raise PaymentRefused(f"{invoice} is written off. Undo the write-off of {invoice} first.")


def _other_currency(invoice: Invoice, currency: str) -> str:
    return f"{invoice} is in {invoice.currency} and cannot be paid in {currency}."


def _sum(uses: Sequence[Use], currency: str) -> Money:
    return sum((use.amount for use in uses), start=Money.zero(currency))


def _used_on(invoices: list[Invoice]) -> str:
    if not invoices:
        return ", not yet used"
    if len(invoices) > 3:
        return f" on {len(invoices)} invoices"
    return " on " + ", ".join(str(invoice) for invoice in invoices)


def _use(
    payment: Payment, invoice: Invoice, amount: Money, day: datetime.date, at: datetime.datetime
) -> tuple[Allocation, list[LedgerEntry]]:
    allocation = Allocation(
        company_id=payment.company_id,
        payment=payment,
        invoice=invoice,
        currency=amount.currency,
        amount=amount,
        allocated_at=at,
    )
    allocation.save(force_insert=True)
    invoice.amount_paid += amount
    invoice.balance -= amount
    invoice.settled_at = None if invoice.balance else at
    invoice.save(update_fields=["amount_paid", "balance", "settled_at"])
    return allocation, [
        ledger.credit(payment, Kind.ALLOCATED, amount, day, at, invoice=invoice),
        ledger.receivable(invoice, Kind.ALLOCATED, -amount, day, at, payment=payment),
    ]


def _release(
    payment: Payment, invoice: Invoice, allocation: Allocation, day: datetime.date, at: datetime.datetime
) -> list[LedgerEntry]:
    allocation.released_at = at
    allocation.save(update_fields=["released_at"])
    invoice.amount_paid -= allocation.amount
    invoice.balance += allocation.amount
    invoice.settled_at = None
    invoice.save(update_fields=["amount_paid", "balance", "settled_at"])
    return [
        ledger.credit(payment, Kind.RELEASED, -allocation.amount, day, at, invoice=invoice),
        ledger.receivable(invoice, Kind.RELEASED, allocation.amount, day, at, payment=payment),
    ]
