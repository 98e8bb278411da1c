"""What somebody reads who has a copy of the database."""

from django.db import connection


def contents() -> str:
    """Every value of every row: text as it is, bytes as text and in hexadecimal."""
    with connection.cursor() as cursor:
        tables = connection.introspection.table_names(cursor)
        return "\n".join(_written(value) for table in tables for row in _rows(cursor, table) for value in row)


def _rows(cursor, table):
    cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
    return cursor.fetchall()


def _written(value) -> str:
    if isinstance(value, bytes | memoryview):
        return f"{bytes(value).decode('latin-1')} {bytes(value).hex()}"
    return str(value)
