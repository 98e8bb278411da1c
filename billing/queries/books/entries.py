"""No change without its entry: what the log and the ledger say happened is what the documents say."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from uuid import UUID

from django.db.models import QuerySet

from audit.models import BillingEvent
from audit.values import LONGEST_LIST
from billing import events
from billing.models import Allocation, Invoice, LedgerEntry, Payment
from billing.queries.books.findings import Finding, batches

Kind = LedgerEntry.Kind
Counts = dict[UUID, Counter[str]]

ISSUED, VOIDED = events.INVOICE_ISSUED.code, events.INVOICE_VOIDED.code
WRITTEN_OFF, REINSTATED = events.INVOICE_WRITTEN_OFF.code, events.INVOICE_REINSTATED.code
RECORDED, REVERSED = events.PAYMENT_RECORDED.code, events.PAYMENT_REVERSED.code
ALLOCATED, RELEASED = events.PAYMENT_ALLOCATED.code, events.PAYMENT_RELEASED.code
ERASED = "its use erased"
"""Counts recorded payments of which the log no longer says what they were used for."""


def invoices_have_their_entries(company_id: UUID) -> Finding:
    checked, wrong = 0, []
    for batch in batches(Invoice.objects.filter(company=company_id).exclude(status=Invoice.Status.DRAFT)):
        ids = [invoice.pk for invoice in batch]
        logged = _logged(company_id, "invoice", ids, (ISSUED, VOIDED, WRITTEN_OFF, REINSTATED))
        entered = _entered(LedgerEntry.Account.RECEIVABLE, "invoice_id", ids)
        allocations = _allocations("invoice_id", ids)
        checked += len(batch)
        for invoice in batch:
            id = invoice.pk
            wrong += [f"{invoice}: {fault}" for fault in _invoice(invoice, logged[id], entered[id], allocations[id])]
    return Finding("Each issued, void and written-off invoice has its entries in log and ledger", checked, wrong)


def payments_have_their_entries(company_id: UUID) -> Finding:
    checked, wrong = 0, []
    for batch in batches(Payment.objects.filter(company=company_id)):
        ids = [payment.pk for payment in batch]
        logged = _logged(company_id, "payment", ids, (RECORDED, REVERSED, ALLOCATED, RELEASED))
        entered = _entered(LedgerEntry.Account.CREDIT, "payment_id", ids)
        allocations = _allocations("payment_id", ids)
        checked += len(batch)
        for payment in batch:
            id = payment.pk
            wrong += [f"{payment}: {fault}" for fault in _payment(payment, logged[id], entered[id], allocations[id])]
    return Finding("Each payment has its entries in log and ledger", checked, wrong)


def _invoice(
    invoice: Invoice, logged: Counter[str], entered: Counter[str], allocations: Sequence[Allocation]
) -> Iterator[str]:
    asked_for = int(bool(invoice.total - invoice.prepaid))
    is_void = int(invoice.status == Invoice.Status.VOID)
    written_off = logged[REINSTATED] + int(invoice.status == Invoice.Status.WRITTEN_OFF)
    yield from _times(logged, ISSUED, 1, "log")
    yield from _times(logged, VOIDED, is_void, "log")
    yield from _times(logged, WRITTEN_OFF, written_off, "log")
    yield from _times(entered, Kind.ISSUED, asked_for, "ledger")
    yield from _times(entered, Kind.VOIDED, is_void * asked_for, "ledger")
    yield from _times(entered, Kind.REINSTATED, logged[REINSTATED], "ledger")
    if entered[Kind.WRITTEN_OFF] < written_off:
        yield f"the ledger has {entered[Kind.WRITTEN_OFF]} entries “written_off”, {written_off} are expected"
    yield from _moved(entered, allocations)


def _payment(
    payment: Payment, logged: Counter[str], entered: Counter[str], allocations: Sequence[Allocation]
) -> Iterator[str]:
    is_reversed = int(payment.reversed_at is not None)
    released = [allocation.released_at for allocation in allocations if allocation.released_at is not None]
    with_reversal = sum(at == payment.reversed_at for at in released)
    yield from _times(logged, RECORDED, 1, "log")
    yield from _times(logged, REVERSED, is_reversed, "log")
    if len(allocations) <= LONGEST_LIST and not logged[ERASED]:  # what is longer, the log keeps shortened
        yield from _times(logged, ALLOCATED, len(allocations), "log")
    yield from _times(entered, Kind.RECEIVED, 1, "ledger")
    yield from _times(entered, Kind.REVERSED, is_reversed, "ledger")
    if not len(released) - with_reversal <= logged[RELEASED] <= len(released):
        yield f"the log has {logged[RELEASED]} entries “{RELEASED}” for {len(released)} released allocations"
    yield from _moved(entered, allocations)


def _moved(entered: Counter[str], allocations: Sequence[Allocation]) -> Iterator[str]:
    released = sum(allocation.released_at is not None for allocation in allocations)
    yield from _times(entered, Kind.ALLOCATED, len(allocations), "ledger")
    yield from _times(entered, Kind.RELEASED, released, "ledger")


def _times(found: Counter[str], what: str, expected: int, where: str) -> Iterator[str]:
    if found[what] != expected:
        yield f"the {where} has {found[what]} entries “{what}”, {expected} expected"


def _logged(company_id: UUID, object_type: str, ids: Sequence[UUID], codes: Sequence[str]) -> Counts:
    """How often the log says each of it happened; a payment that was recorded as used counts as allocated, too."""
    rows = BillingEvent.objects.filter(
        company_id=company_id, object_type=object_type, object_id__in=[str(id) for id in ids], action__in=codes
    )
    counts: Counts = defaultdict(Counter)
    for id, action, data, erased_at in rows.values_list("object_id", "action", "data", "erased_at"):
        counts[UUID(id)][action] += 1
        if action == RECORDED:
            counts[UUID(id)][ALLOCATED] += len(data.get("allocations", []))
            counts[UUID(id)][ERASED] += erased_at is not None
    return counts


def _entered(account: str, document: str, ids: Sequence[UUID]) -> Counts:
    rows: QuerySet[LedgerEntry] = LedgerEntry.objects.filter(account=account, **{f"{document}__in": ids})
    counts: Counts = defaultdict(Counter)
    for id, kind in rows.values_list(document, "kind"):
        counts[id][kind] += 1
    return counts


def _allocations(document: str, ids: Sequence[UUID]) -> dict[UUID, list[Allocation]]:
    found: dict[UUID, list[Allocation]] = defaultdict(list)
    for allocation in Allocation.objects.filter(**{f"{document}__in": ids}):
        found[getattr(allocation, document)].append(allocation)
    return found
