"""After a test that commits, the tables are emptied. Some refuse that: their triggers rest for the moment it takes."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.base.operations import BaseDatabaseOperations

empty = BaseDatabaseOperations.execute_sql_flush


def empty_all(operations: BaseDatabaseOperations, statements: list[str]) -> None:
    """What Django's `flush` runs, on tables that are never emptied outside of tests."""
    connection = operations.connection
    with connection.cursor() as cursor, triggers_resting(connection.vendor, cursor):
        empty(operations, _deletions(connection, cursor) if connection.vendor == "postgresql" else statements)


def _deletions(connection: BaseDatabaseWrapper, cursor: Any) -> list[str]:
    """PostgreSQL takes longer to truncate a hundred tables than to delete the rows of the few that hold any."""
    tables = [connection.ops.quote_name(name) for name in connection.introspection.django_table_names(True, False)]
    cursor.execute(" UNION ALL ".join(f"SELECT '{name}' WHERE EXISTS (SELECT FROM {name})" for name in tables))
    return [f"DELETE FROM {name}" for (name,) in cursor.fetchall()]


@contextmanager
def triggers_resting(vendor: str, cursor: Any) -> Iterator[None]:
    to_rest, to_wake = _postgresql(cursor) if vendor == "postgresql" else _sqlite(cursor)
    for statement in to_rest:
        cursor.execute(statement)
    try:
        yield
    finally:
        for statement in to_wake:
            cursor.execute(statement)


def _postgresql(cursor: Any) -> tuple[list[str], list[str]]:
    cursor.execute("SELECT tgrelid::regclass, tgname, tgenabled FROM pg_trigger WHERE NOT tgisinternal")
    # What waits for the end of the transaction to be checked would keep the tables from being altered.
    rest, wake = ["SET CONSTRAINTS ALL IMMEDIATE"], ["SET CONSTRAINTS ALL IMMEDIATE"]
    for table, trigger, enabled in cursor.fetchall():
        rest.append(f'ALTER TABLE {table} DISABLE TRIGGER "{trigger}"')
        wake.append(f'ALTER TABLE {table} ENABLE {"ALWAYS " if enabled == "A" else ""}TRIGGER "{trigger}"')
    return rest, wake


def _sqlite(cursor: Any) -> tuple[list[str], list[str]]:
    cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
    triggers = cursor.fetchall()
    return [f'DROP TRIGGER "{name}"' for name, _ in triggers], [sql for _, sql in triggers]
