from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from audit import events, registry, retention
from audit.models import BillingEvent, Leaf, SecurityEvent
from audit.triggers import EMPTIED_COLUMNS, KEPT_COLUMNS, KEPT_DAYS, append_only, protect, release
from security.ids import uuid7
from tests.audit import make

pytestmark = pytest.mark.django_db
LOGS = [BillingEvent, SecurityEvent]
REFUSAL = "never changed or removed"
EMPTY = dict.fromkeys(EMPTIED_COLUMNS, "") | {"ip": None, "changes": None, "data": {}, "salt": b""}
OTHERWISE = {
    "id": uuid7(),
    "at": make.NOON,
    "company_id": uuid7(),
    "customer_id": uuid7(),
    "erased_at": None,
    "object_id": "another",
    "ip": "192.0.2.9",
    "changes": {"place": ["Riga", "Oslo"]},
    "data": {"place": "Oslo"},
    "salt": b"x",
}
"""What an UPDATE might leave in a column that is neither kept nor emptied; in any other, a word."""
on_postgresql = pytest.mark.skipif("connection.vendor != 'postgresql'", reason="only PostgreSQL can")
on_sqlite = pytest.mark.skipif("connection.vendor != 'sqlite'", reason="only SQLite can")


@pytest.fixture
def entries(parcel_sent, door_opened, company_id):
    return {
        BillingEvent: make.recorded(parcel_sent, make.Parcel(company_id), place="Riga"),
        SecurityEvent: make.recorded(door_opened, make.Parcel(company_id)),
    }


@pytest.fixture(params=LOGS, ids=["billing", "security"])
def old(request, parcel_sent, door_opened, company_id, sealed_log):
    """A sealed entry of more than twelve months ago."""
    return long_ago(request.param, parcel_sent, door_opened, company_id, sealed_log)


def long_ago(log, parcel_sent, door_opened, company_id, sealed_log, *, days=KEPT_DAYS + 1):
    kind, data = (parcel_sent, {"place": "Riga"}) if log is BillingEvent else (door_opened, {})
    found = make.recorded(kind, make.Parcel(company_id), at=timezone.now() - timedelta(days=days), **data)
    sealed_log()
    return found


def erase(entry, **otherwise):
    change = EMPTY | {"object_id": "", "erased_at": timezone.now()} | otherwise
    with transaction.atomic():
        return type(entry)._base_manager.filter(pk=entry.pk).update(**change)


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


def test_what_an_old_sealed_entry_says_can_be_erased_in_place(old):
    hashed = bytes(Leaf.objects.get(entry_id=old.pk).hash)

    erase(old)

    found = type(old)._base_manager.get()
    assert [getattr(found, name) for name in KEPT_COLUMNS] == [getattr(old, name) for name in KEPT_COLUMNS]
    assert {name: getattr(found, name) for name in EMPTY} == EMPTY
    assert (found.object_id, found.is_erased, found.url) == ("", True, None)
    assert bytes(Leaf.objects.get(entry_id=old.pk).hash) == hashed


def test_what_a_document_is_called_by_the_books_may_stay(old):
    erase(old, object_id=old.object_id)

    assert type(old)._base_manager.values_list("object_id", flat=True).get() == old.object_id


def test_erasing_names_every_column_there_is():
    for log in LOGS:
        known = {*KEPT_COLUMNS, *EMPTY, "object_id", "erased_at"}
        assert {field.column for field in log._meta.concrete_fields} == known


@pytest.mark.parametrize("column", [*KEPT_COLUMNS, *EMPTY, "object_id", "erased_at"])
def test_erasing_does_nothing_else_on_the_way(old, column):
    with pytest.raises(IntegrityError, match=REFUSAL):
        erase(old, **{column: OTHERWISE.get(column, "another")})

    assert type(old)._base_manager.get() == old


@pytest.mark.parametrize("column", [*EMPTY, "object_id"])
def test_an_update_that_does_not_erase_is_refused_whatever_it_empties(old, column):
    with pytest.raises(IntegrityError, match=REFUSAL), transaction.atomic():
        type(old)._base_manager.update(**{column: EMPTY.get(column, "")})


@pytest.mark.parametrize("log", LOGS)
@pytest.mark.parametrize("days", [0, 364, KEPT_DAYS - 1])
def test_nothing_younger_than_twelve_months_is_erased(parcel_sent, door_opened, company_id, sealed_log, log, days):
    young = long_ago(log, parcel_sent, door_opened, company_id, sealed_log, days=days)

    with pytest.raises(IntegrityError, match=REFUSAL):
        erase(young)


def test_the_database_goes_by_its_own_clock(parcel_sent, company_id, sealed_log, time_machine):
    young = make.recorded(parcel_sent, make.Parcel(company_id), at=timezone.now(), place="Riga")
    sealed_log()
    time_machine.move_to(timezone.now() + timedelta(days=2 * KEPT_DAYS))

    with pytest.raises(IntegrityError, match=REFUSAL):
        erase(young)


def test_an_entry_without_its_place_is_not_erased(parcel_sent, company_id):
    unsealed = make.recorded(parcel_sent, make.Parcel(company_id), place="Riga")

    with pytest.raises(IntegrityError, match=REFUSAL):
        erase(unsealed)


@pytest.mark.parametrize("log", LOGS)
def test_the_place_of_an_entry_of_the_other_log_is_none_of_its_own(
    parcel_sent, door_opened, company_id, sealed_log, owner, log
):
    old = long_ago(log, parcel_sent, door_opened, company_id, sealed_log)
    owner(lambda: Leaf.objects.update(log="security" if log is BillingEvent else "billing"))

    assert list(retention.erasable(log, company_id, timezone.now())) == []
    with pytest.raises(IntegrityError, match=REFUSAL):
        erase(old)


def twin(entry, log):
    """A row of a log that has the id of an entry of the other one."""
    values = {field.attname: getattr(entry, field.attname) for field in log._meta.concrete_fields}
    return log._base_manager.bulk_create([log(**values)])


@pytest.mark.parametrize("log", LOGS)
def test_an_id_that_the_other_log_has_is_refused(entries, log):
    [original] = [entry for of, entry in entries.items() if of is not log]
    with pytest.raises(IntegrityError, match=f"{original._meta.db_table} has a row of this id"), transaction.atomic():
        twin(original, log)

    assert log._base_manager.count() == 1


@on_postgresql
def test_postgresql_refuses_such_an_id_to_a_session_that_claims_to_be_a_replica(entries):
    execute("SET LOCAL session_replication_role = replica")
    with pytest.raises(IntegrityError, match="has a row of this id"), transaction.atomic():
        twin(entries[BillingEvent], SecurityEvent)


def test_an_entry_is_erased_once(old):
    erase(old)

    with pytest.raises(IntegrityError, match=REFUSAL):
        erase(old)
    with pytest.raises(IntegrityError, match=REFUSAL):
        erase(old, erased_at=None)


def test_what_the_log_is_checked_by_is_kept_for_ever(company_id, sealed_log):
    said = {"count": 1, "numbers": [1], "kept": "", "why": "retention"}
    kept = make.recorded(registry.find(events.LOG_ERASED.code), make.Parcel(company_id), **said)
    sealed_log()

    with pytest.raises(IntegrityError, match=REFUSAL):
        erase(kept)


@on_sqlite
def test_sqlite_refuses_to_put_one_row_in_the_place_of_another(old, parcel_sent, company_id):
    table = type(old)._meta.db_table
    erased = ", ".join(f"{name} = ''" for name in [*EMPTIED_COLUMNS, "object_id"])
    erased += ", ip = NULL, changes = NULL, data = '{}', salt = x'', erased_at = '2026-01-01 00:00:00'"
    with pytest.raises(IntegrityError, match=REFUSAL):
        execute(f"UPDATE OR REPLACE {table} SET rowid = rowid + 1, {erased}")


@on_sqlite
@pytest.mark.parametrize(
    "row",
    [
        "rowid, log, entry_id, company_id, number, hash, sealed_at",
        "rowid + 7, log, entry_id, company_id, number + 7, hash, sealed_at",
        "rowid + 7, log, lower(hex(randomblob(16))), company_id, number, hash, sealed_at",
    ],
)
def test_sqlite_refuses_to_replace_a_place_by_whatever_the_new_one_shares_with_it(old, row):
    with pytest.raises(IntegrityError, match=REFUSAL):
        execute(f"INSERT OR REPLACE INTO audit_leaf SELECT {row} FROM audit_leaf")


@on_sqlite
def test_sqlite_refuses_to_replace_an_entry_by_its_hidden_row_number(old):
    table = type(old)._meta.db_table
    columns = ", ".join(field.column for field in type(old)._meta.concrete_fields)
    others = columns.replace("id,", "lower(hex(randomblob(16))),", 1)
    with pytest.raises(IntegrityError, match=REFUSAL):
        execute(f"INSERT OR REPLACE INTO {table} (rowid, {columns}) SELECT rowid, {others} FROM {table}")


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
