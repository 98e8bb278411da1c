"""Everything that is checked, in the order it is printed."""

from collections.abc import Callable
from uuid import UUID

from billing.queries.books import attempts, entries, ledger, numbers, recomputed
from billing.queries.books.findings import Finding

CHECKS: tuple[Callable[[UUID], Finding], ...] = (
    ledger.invoices_agree_with_the_ledger,
    ledger.invoice_balances_are_what_is_left,
    ledger.invoices_agree_with_their_allocations,
    ledger.payments_agree_with_the_ledger,
    ledger.payments_agree_with_their_allocations,
    ledger.customers_agree_with_the_ledger,
    ledger.entries_belong_to_their_documents,
    recomputed.totals_can_be_computed_again,
    numbers.numbers_have_no_holes,
    entries.invoices_have_their_entries,
    entries.payments_have_their_entries,
    attempts.attempts_have_their_payments,
)
