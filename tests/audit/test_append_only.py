from types import SimpleNamespace

import pytest
from django.db import IntegrityError, connection, transaction

from audit.models import BillingEvent, SecurityEvent
from audit.triggers import append_only, protect, release
from security.ids import uuid7
from tests.audit import make

pytestmark = pytest.mark.django_db
LOGS = [BillingEvent, SecurityEvent]
REFUSAL = "never changed or removed"
on_postgresql = pytest.mark.skipif("connection.vendor != 'postgresql'", reason="only PostgreSQL can")
on_sqlite = pytest.mark.skipif("connection.vendor != 'sqlite'", reason="only SQLite can")


@pytest.fixture
def entries(parcel_sent, door_opened, company_id):
    return {
        BillingEvent: make.recorded(parcel_sent, make.Parcel(company_id), place="Riga"),
        SecurityEvent: make.recorded(door_opened, make.Parcel(company_id)),
    }


def execute(sql):
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)


@pytest.mark.parametrize("log", LOGS)
@pytest.mark.parametrize("statement", ["UPDATE {table} SET reason = 'rewritten'", "DELETE FROM {table}"])
def test_the_database_refuses_to_change_or_remove_an_entry(entries, log, statement):
    with pytest.raises(IntegrityError, match=REFUSAL):
        execute(statement.format(table=log._meta.db_table))

    assert log._base_manager.get() == entries[log]


@pytest.mark.parametrize("log", LOGS)
def test_the_models_cannot_either(entries, log):
    entry = entries[log]
    entry.reason = "rewritten"
    for change in (
        entry.save,
        entry.delete,
        log._base_manager.all().delete,
        lambda: log._base_manager.update(reason="rewritten"),
    ):
        with pytest.raises(IntegrityError, match=REFUSAL), transaction.atomic():
            change()


@on_postgresql
@pytest.mark.parametrize("log", LOGS)
def test_postgresql_refuses_truncate_and_sessions_that_claim_to_be_replicas(entries, log):
    with pytest.raises(IntegrityError, match=REFUSAL):
        execute(f"TRUNCATE {log._meta.db_table}")
    with pytest.raises(IntegrityError, match=REFUSAL):
        execute(f"SET LOCAL session_replication_role = replica; DELETE FROM {log._meta.db_table}")


@on_sqlite
@pytest.mark.parametrize("log", LOGS)
def test_sqlite_refuses_to_replace_an_entry(entries, log):
    table = log._meta.db_table
    with pytest.raises(IntegrityError, match=REFUSAL):
        execute(f"INSERT OR REPLACE INTO {table} SELECT * FROM {table}")


def test_the_migration_operation_protects_and_releases_any_table():
    execute("CREATE TABLE shelf (id integer PRIMARY KEY, name text)")
    execute("INSERT INTO shelf VALUES (1, 'first')")
    operation = append_only("shelf")
    editor = SimpleNamespace(connection=connection)

    operation.code(None, editor)
    with pytest.raises(IntegrityError, match="rows of shelf are never changed or removed"):
        execute("UPDATE shelf SET name = 'second'")
    execute("INSERT INTO shelf VALUES (2, 'second')")

    operation.reverse_code(None, editor)
    execute("DELETE FROM shelf")


def test_protecting_twice_is_protecting_once(entries):
    table = BillingEvent._meta.db_table

    protect(connection, table)
    with pytest.raises(IntegrityError, match=REFUSAL):
        execute(f"DELETE FROM {table}")

    release(connection, table)
    execute(f"DELETE FROM {table}")


def test_entries_with_new_ids_are_always_accepted(entries, parcel_sent, company_id):
    BillingEvent._base_manager.bulk_create(
        [BillingEvent(id=uuid7(), at=make.NOON, company_id=company_id, action=parcel_sent.code, data={"place": "Riga"})]
    )

    assert BillingEvent.objects.count() == 2


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("time", ["first", "second"])
def test_a_test_that_commits_finds_empty_logs_and_leaves_them_protected(entries, time):
    assert BillingEvent.objects.count() == 1
    with pytest.raises(IntegrityError, match=REFUSAL):
        execute(f"DELETE FROM {BillingEvent._meta.db_table}")
