"""A value that the product never writes does not end a check: it is found itself, and so is all the rest."""

import io

import pytest
from django.core.management import CommandError, call_command
from django.db import DataError, OperationalError, connection

from audit import state
from audit.actions import checks
from audit.leaves import entry_hash, rows_of
from audit.models import Check, Waiting
from audit.verifying import rows
from security.ids import uuid7
from tests.audit import make
from tests.audit.tampering import findings, named, row

pytestmark = pytest.mark.django_db
on_sqlite = pytest.mark.skipif("connection.vendor != 'sqlite'", reason="only SQLite keeps text that is none")
on_postgresql = pytest.mark.skipif("connection.vendor != 'postgresql'", reason="only PostgreSQL knows infinity")
BYTES = "CAST(X'ff' AS TEXT)"


def execute(sql, *given):
    with connection.cursor() as cursor:
        cursor.execute(sql, given)


def spoil(entries, table, change, where):
    """Put a value into one row, and change an entry elsewhere."""
    execute(f"UPDATE {table} SET {change} WHERE {where}")
    row(entries[4]).update(reason="rewritten")


@pytest.mark.parametrize(
    ("table", "change", "where", "what"),
    [
        pytest.param("audit_checkpoint", "signed_at = 'infinity'", "1 = 1", "unreadable", marks=on_postgresql),
        pytest.param("audit_leaf", "sealed_at = 'infinity'", '"index" = 1', "sealed_at_changed", marks=on_postgresql),
        pytest.param("audit_billingevent", "at = 'infinity'", "1 = 1", "entry_changed", marks=on_postgresql),
        pytest.param("audit_logkey", "made_at = 'infinity'", "1 = 1", "unreadable", marks=on_postgresql),
        pytest.param("audit_checkpoint", f"note = {BYTES}", "1 = 1", "unreadable", marks=on_sqlite),
        pytest.param("audit_checkpoint", f"root = {BYTES}", "1 = 1", "unreadable", marks=on_sqlite),
        pytest.param("audit_checkpoint", "size = 'x'", "1 = 1", "unreadable", marks=on_sqlite),
        pytest.param("audit_checkpoint", "signed_at = 'x'", "1 = 1", "unreadable", marks=on_sqlite),
        pytest.param("audit_leaf", f"log = {BYTES}", '"index" = 1', "unreadable", marks=on_sqlite),
        pytest.param("audit_leaf", f"company_id = {BYTES}", '"index" = 1', "unreadable", marks=on_sqlite),
        pytest.param("audit_leaf", f"sealed_at = {BYTES}", '"index" = 1', "unreadable", marks=on_sqlite),
        pytest.param("audit_leaf", f"hash = {BYTES}", '"index" = 1', "unreadable", marks=on_sqlite),
        pytest.param("audit_leaf", "number = 'x'", '"index" = 1', "unreadable", marks=on_sqlite),
        pytest.param("audit_logkey", f"hand_over = {BYTES}", "1 = 1", "unreadable", marks=on_sqlite),
        pytest.param("audit_logkey", "verifier_key = 'rubbish'", "1 = 1", "unreadable"),
    ],
)
def test_a_spoiled_value_is_found_and_keeps_nothing_else_from_it(entries, owner, table, change, where, what):
    if table == "audit_billingevent":
        where = f"id = '{entries[0].pk}'"
    owner(lambda: spoil(entries, table, change, where))

    found = findings()
    assert what in {one.what for one in found if not one.is_warning}
    assert ("entry_changed", 4) in named(found)


@pytest.fixture
def spoiled(entries, owner):
    owner(lambda: spoil(entries, "audit_logkey", "verifier_key = 'rubbish'", "1 = 1"))


def test_the_daily_check_has_failed_and_keeps_what_it_found(spoiled):
    checks.start(make.NOON)
    checks.go_on(make.NOON)

    check = Check.objects.get()
    assert check.outcome == Check.Outcome.FAILED
    assert {"unreadable", "entry_changed"} <= {finding["what"] for finding in check.findings}


@pytest.mark.parametrize(
    "change",
    [
        pytest.param("signed_at = 'infinity'", marks=on_postgresql),
        pytest.param(f"note = {BYTES}", marks=on_sqlite),
    ],
)
def test_what_troubles_the_log_is_told_though_it_cannot_be_read(entries, owner, change):
    owner(lambda: execute(f"UPDATE audit_checkpoint SET {change}"))

    assert [(one.kind, one.cause) for one in state.trouble(make.NOON)] == [("verification_failed", "unreadable")]


def test_the_command_says_so_and_fails(spoiled):
    out = io.StringIO()

    with pytest.raises(CommandError) as failure:
        call_command("verify_audit_log", stdout=out)

    assert failure.value.returncode == 1
    assert "cannot be read (BadNote: This is no verifier key.): a value was put there that is none" in out.getvalue()


@pytest.mark.parametrize(("error", "is_raised"), [(OperationalError("connection lost"), True), (DataError(""), False)])
def test_only_a_lost_connection_ends_a_check(error, is_raised):
    def check():
        raise error

    if is_raised:
        with pytest.raises(OperationalError):
            rows.unless_unreadable("It", check)
    else:
        assert [one.what for one in rows.unless_unreadable("It", check)] == ["unreadable"]


@pytest.fixture
def placed(parcel_sent, company_id):
    """Give a new entry a place by hand."""

    def place(index):
        entry = make.recorded(parcel_sent, make.Parcel(company_id), place="Forged")
        Waiting.objects.all().delete()
        [found] = rows_of("billing", [entry.pk])
        execute(
            'INSERT INTO audit_leaf ("index", log, entry_id, company_id, number, hash, sealed_at) '
            "VALUES (%s, 'billing', %s, %s, 4711, %s, '2026-03-12 12:00:00')",
            index,
            entry.pk if connection.vendor == "postgresql" else entry.pk.hex,
            uuid7() if connection.vendor == "postgresql" else uuid7().hex,
            entry_hash("billing", 4711, found),
        )

    return place


@on_sqlite
@pytest.mark.parametrize("index", [4.5, 5.5, 100.5])
def test_a_place_between_two_is_found(entries, owner, placed, index):
    owner(lambda: placed(index))

    assert ("leaf_added", index) in named(findings())


def test_a_place_below_the_first_is_found(entries, owner, placed):
    constraint = "leaf_counts_from_the_start"

    def place():
        if connection.vendor == "postgresql":
            execute(f"ALTER TABLE audit_leaf DROP CONSTRAINT {constraint}")
        else:
            execute("PRAGMA ignore_check_constraints = ON")
        placed(-1)

    try:
        owner(place)
        assert ("leaf_added", -1) in named(findings())
    finally:
        if connection.vendor == "sqlite":
            execute("PRAGMA ignore_check_constraints = OFF")
