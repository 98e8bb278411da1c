"""Numbers without holes: each series counts from 1 to the last number given, and no number is given twice."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from billing.models import Customer, Invoice, Payment, Sequence
from billing.queries.books.findings import Finding

Kind = Sequence.Kind
NUMBERED: dict[str, Any] = {Kind.INVOICE: Invoice, Kind.PAYMENT: Payment, Kind.CUSTOMER: Customer}
NAMED_FREELY = frozenset({Kind.CUSTOMER})
HOLES_NAMED = 20


def numbers_have_no_holes(company_id: UUID) -> Finding:
    checked, wrong = 0, []
    for kind in NUMBERED:
        sequences = list(Sequence.objects.filter(company=company_id, kind=kind).order_by("series"))
        for sequence in sequences:
            given, faults = _series(sequence)
            checked += given
            wrong += faults
        if kind not in NAMED_FREELY:
            wrong += _strays(company_id, kind, [sequence.series for sequence in sequences])
    return Finding("Each series of numbers is complete, and each number is given once", checked, wrong)


def _series(sequence: Sequence) -> tuple[int, list[str]]:
    last = sequence.next_number - 1
    seen = bytearray(last + 1)
    given, wrong = 0, []
    for number in _given(sequence):
        given += 1
        written = f"{sequence.series}-{number}"
        if not 1 <= number <= last:
            wrong.append(f"{written} is beyond {last}, the last number given")
        elif seen[number]:
            wrong.append(f"{written} is given twice")
        else:
            seen[number] = 1
    holes = [number for number in range(1, last + 1) if not seen[number]]
    wrong += [f"{sequence.series}-{number} is missing" for number in holes[:HOLES_NAMED]]
    if len(holes) > HOLES_NAMED:
        wrong.append(f"{sequence.series}: {len(holes) - HOLES_NAMED} more numbers are missing")
    return given, wrong


def _given(sequence: Sequence) -> Iterator[int]:
    """The numbers of the series; what only looks like one is not."""
    prefix = f"{sequence.series}-"
    rows = NUMBERED[sequence.kind].objects.filter(company=sequence.company_id, number__startswith=prefix)
    for number in rows.order_by().values_list("number", flat=True).iterator():
        digits = number.removeprefix(prefix)
        if digits.isascii() and digits.isdigit():
            yield int(digits)


def _strays(company_id: UUID, kind: str, series: list[str]) -> list[str]:
    """Numbers that no series can have given."""
    rows = NUMBERED[kind].objects.filter(company=company_id, number__isnull=False)
    for name in series:
        rows = rows.exclude(number__startswith=f"{name}-")
    return [f"{number} belongs to no series" for number in rows.order_by("number").values_list("number", flat=True)]
