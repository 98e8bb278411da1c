"""The books: signed entries that are only ever added, and the balances kept beside them.

What raises a debt is positive. `receivable` holds what invoices ask for, `credit` what payments brought and no invoice
has used; an allocation moves an amount from the one to the other, so a customer's balance is the sum of both.
"""

import datetime
from collections import defaultdict
from collections.abc import Iterable
from uuid import UUID

from django.db import connection
from django.db.models import F

from billing.models import CustomerBalance, Invoice, LedgerEntry, Payment
from billing.money import Money

Account = LedgerEntry.Account
Kind = LedgerEntry.Kind


def receivable(
    invoice: Invoice,
    kind: str,
    amount: Money,
    day: datetime.date,
    at: datetime.datetime,
    payment: Payment | None = None,
) -> LedgerEntry:
    """What an invoice asks for, or no longer does."""
    return _entry(Account.RECEIVABLE, kind, amount, day, at, of=invoice, invoice=invoice, payment=payment)


def credit(
    payment: Payment,
    kind: str,
    amount: Money,
    day: datetime.date,
    at: datetime.datetime,
    invoice: Invoice | None = None,
) -> LedgerEntry:
    """What a payment brought, or was used for."""
    return _entry(Account.CREDIT, kind, amount, day, at, of=payment, invoice=invoice, payment=payment)


def _entry(
    account: str,
    kind: str,
    amount: Money,
    day: datetime.date,
    at: datetime.datetime,
    *,
    of: Invoice | Payment,
    invoice: Invoice | None,
    payment: Payment | None,
) -> LedgerEntry:
    return LedgerEntry(
        company_id=of.company_id,
        customer_id=of.customer_id,
        invoice=invoice,
        payment=payment,
        account=account,
        kind=kind,
        currency=amount.currency,
        amount=amount,
        entry_date=day,
        recorded_at=at,
    )


def post(entries: Iterable[LedgerEntry]) -> None:
    """Add the entries and move the customers' stored balances by them."""
    if not connection.in_atomic_block:
        raise RuntimeError("ledger.post must run inside transaction.atomic")
    entries = [entry for entry in entries if entry.amount.minor]
    if len(entries) == 1:
        entries[0].save(force_insert=True)
    elif entries:
        LedgerEntry.objects.bulk_create(entries)
    moved: dict[tuple[UUID, UUID, str], dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for entry in entries:
        moved[entry.company_id, entry.customer_id, entry.currency][entry.account] += entry.amount.minor
    for (company_id, customer_id, currency), amounts in sorted(moved.items()):
        _move(company_id, customer_id, currency, amounts[Account.RECEIVABLE], -amounts[Account.CREDIT])


def _move(company_id: UUID, customer_id: UUID, currency: str, receivable_minor: int, credit_minor: int) -> None:
    """Stored credit is positive: it is what the customer has to its credit."""
    balance = CustomerBalance.objects.filter(customer_id=customer_id, currency=currency)
    by = {"receivable": F("receivable") + receivable_minor, "credit": F("credit") + credit_minor}
    if not balance.update(**by):
        CustomerBalance.objects.bulk_create(
            [CustomerBalance(company_id=company_id, customer_id=customer_id, currency=currency)], ignore_conflicts=True
        )
        balance.update(**by)
