"""What a check found, and how checks read: as of one moment, and never more than a few hundred rows at a time."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import QuerySet

BATCH = 500


class Finding(NamedTuple):
    """`checked` things were looked at; `wrong` names each that is not as `rule` says."""

    rule: str
    checked: int
    wrong: list[str]


def batches(rows: QuerySet[Any]) -> Iterator[list[Any]]:
    """All rows in the order of their ids, some at a time."""
    batch = list(rows.order_by("pk")[:BATCH])
    while batch:
        yield batch
        batch = list(rows.filter(pk__gt=batch[-1].pk).order_by("pk")[:BATCH])


@contextmanager
def one_moment() -> Iterator[None]:
    """Everything read inside is as of one moment, may take its time, and keeps nobody who writes waiting."""
    if connection.in_atomic_block:
        yield
        return
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            cursor.execute("SET LOCAL statement_timeout = 0")
        else:
            cursor.execute("BEGIN")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("COMMIT")
