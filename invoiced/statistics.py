"""What SQLite must know of its tables to find rows by the right index. PostgreSQL sees to that by itself."""

import datetime

from django.db import connection

ROWS_LOOKED_AT = 400


def refresh(at: datetime.datetime) -> None:
    """Have SQLite look at a few rows of each index, which takes milliseconds however large the tables are."""
    if connection.vendor != "sqlite":
        return
    with connection.cursor() as cursor:
        cursor.execute(f"PRAGMA analysis_limit = {ROWS_LOOKED_AT}")
        cursor.execute("ANALYZE")
