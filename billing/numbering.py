"""Numbers people read. One counter a company, kind and series, raised in the transaction that uses the number.

A transaction that fails gives its number back, so a series has no gaps. Take the number last: whoever holds it
keeps the company's other writers of that series waiting.
"""

from uuid import UUID

from django.db import connection

from billing.models import Sequence


def take(company_id: UUID, kind: str, series: str) -> str:
    return take_many(company_id, kind, series, 1)[0]


def take_many(company_id: UUID, kind: str, series: str, count: int) -> list[str]:
    """The next `count` numbers of the series, in order, such as `INV-000042`."""
    raised = _raise(company_id, kind, series, count)
    if not raised:
        Sequence.objects.bulk_create([Sequence(company_id=company_id, kind=kind, series=series)], ignore_conflicts=True)
        raised = _raise(company_id, kind, series, count)
    [(following, digits)] = raised
    return [written(series, number, digits) for number in range(following - count, following)]


def written(series: str, number: int, digits: int) -> str:
    return f"{series}-{number:0{digits}d}"


def _raise(company_id: UUID, kind: str, series: str, count: int) -> list[tuple[int, int]]:
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE billing_sequence SET next_number = next_number + %s"
            " WHERE company_id = %s AND kind = %s AND series = %s RETURNING next_number, digits",
            [count, Sequence._meta.pk.get_db_prep_value(company_id, connection), kind, series],
        )
        return list(cursor.fetchall())
