"""Values that the product never writes, put into the tables by whoever owns the database, are found as any change."""

import pytest
from django.db import connection

from tests.audit.tampering import findings, named

pytestmark = pytest.mark.django_db
on_postgresql = pytest.mark.skipif("connection.vendor != 'postgresql'", reason="SQLite keeps these as any text")


@on_postgresql
@pytest.mark.parametrize(
    "change",
    [
        "ip = '192.0.2.7/8'",
        "at = (to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US') || '+00 BC')::timestamptz",
        "at = 'infinity'",
        "at = '-infinity'",
    ],
)
def test_a_value_with_a_part_that_no_entry_has_is_found(entries, owner, change):
    def put():
        with connection.cursor() as cursor:
            cursor.execute(f"UPDATE audit_billingevent SET {change} WHERE id = %s", [entries[0].pk])

    owner(put)

    assert named(findings()) == {("entry_changed", 0)}
