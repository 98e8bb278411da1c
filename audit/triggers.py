"""Tables whose rows are only ever added: the database itself refuses to change, remove or replace one.

SQLite rebuilds a table when a column is altered, and forgets its triggers: the migration that alters
an append-only table ends with `append_only(table)` again.
"""

from collections.abc import Callable
from functools import partial

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

Quote = Callable[[str], str]


def append_only(table: str) -> migrations.RunPython:
    """A migration operation after which rows of `table` can be added and never changed or removed."""
    return migrations.RunPython(partial(_migrate, protect, table), partial(_migrate, release, table))


def protect(connection: BaseDatabaseWrapper, table: str) -> None:
    """Refuse UPDATE, DELETE, TRUNCATE and INSERT OR REPLACE from now on."""
    release(connection, table)
    _execute(connection, _protections(connection, table))


def release(connection: BaseDatabaseWrapper, table: str) -> None:
    """Undo `protect`."""
    quote = connection.ops.quote_name
    if connection.vendor == "postgresql":
        refusal = quote(f"{table}_refuse_change")
        _execute(
            connection,
            [
                f"DROP TRIGGER IF EXISTS {refusal} ON {quote(table)}",
                f"DROP FUNCTION IF EXISTS {refusal}()",
            ],
        )
    else:
        triggers = [quote(f"{table}_refuse_{verb}") for verb in ("update", "delete", "replace")]
        _execute(connection, [f"DROP TRIGGER IF EXISTS {trigger}" for trigger in triggers])


def sealed_behind(table: str, log: str) -> migrations.RunPython:
    """A migration operation after which the database queues every new row of a log for the sealer.

    The database does it, so that no way of writing an entry forgets it, and in the same commit.
    """
    return migrations.RunPython(partial(_migrate, partial(queue, log=log), table), partial(_migrate, unqueue, table))


def queue(connection: BaseDatabaseWrapper, table: str, *, log: str) -> None:
    """Put every new row of the table into audit_waiting from now on."""
    unqueue(connection, table)
    quote = connection.ops.quote_name
    name, waiting = quote(f"{table}_wait_for_the_sealer"), quote("audit_waiting")
    if connection.vendor == "postgresql":
        # SECURITY DEFINER: who writes entries needs no right to touch the queue itself.
        statements = [
            f"""
            CREATE FUNCTION {name}() RETURNS trigger
            LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
            BEGIN
                INSERT INTO {waiting} (log, entry_id) SELECT '{log}', id FROM fresh;
                RETURN NULL;
            END $$
            """,  # noqa: S608  our own names
            f"""
            CREATE TRIGGER {name} AFTER INSERT ON {quote(table)} REFERENCING NEW TABLE AS fresh
            FOR EACH STATEMENT EXECUTE FUNCTION {name}()
            """,
            f"ALTER TABLE {quote(table)} ENABLE ALWAYS TRIGGER {name}",
        ]
    else:
        insert = f"INSERT INTO {waiting} (log, entry_id) VALUES ('{log}', NEW.id)"  # noqa: S608  our own names
        statements = [f"CREATE TRIGGER {name} AFTER INSERT ON {quote(table)} BEGIN {insert}; END"]
    _execute(connection, statements)


def unqueue(connection: BaseDatabaseWrapper, table: str) -> None:
    """Undo `queue`."""
    name = connection.ops.quote_name(f"{table}_wait_for_the_sealer")
    if connection.vendor == "postgresql":
        on = connection.ops.quote_name(table)
        _execute(connection, [f"DROP TRIGGER IF EXISTS {name} ON {on}", f"DROP FUNCTION IF EXISTS {name}()"])
    else:
        _execute(connection, [f"DROP TRIGGER IF EXISTS {name}"])


def _migrate(
    change: Callable[[BaseDatabaseWrapper, str], None], table: str, apps: Apps, schema_editor: BaseDatabaseSchemaEditor
) -> None:
    change(schema_editor.connection, table)


def _execute(connection: BaseDatabaseWrapper, statements: list[str]) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def _protections(connection: BaseDatabaseWrapper, table: str) -> list[str]:
    if connection.vendor == "postgresql":
        return _postgresql_protections(connection.ops.quote_name, table)
    with connection.cursor() as cursor:
        key = connection.introspection.get_primary_key_column(cursor, table)
    return _sqlite_protections(connection.ops.quote_name, table, key)


def _postgresql_protections(quote: Quote, table: str) -> list[str]:
    """ENABLE ALWAYS: the trigger also fires for a session that claims to be a replica."""
    refusal = quote(f"{table}_refuse_change")
    return [
        f"""
        CREATE FUNCTION {refusal}() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION 'rows of {table} are never changed or removed'
                USING ERRCODE = 'integrity_constraint_violation';
        END $$
        """,
        f"""
        CREATE TRIGGER {refusal} BEFORE UPDATE OR DELETE OR TRUNCATE ON {quote(table)}
        FOR EACH STATEMENT EXECUTE FUNCTION {refusal}()
        """,
        f"ALTER TABLE {quote(table)} ENABLE ALWAYS TRIGGER {refusal}",
    ]


def _sqlite_protections(quote: Quote, table: str, key: str | None) -> list[str]:
    """INSERT OR REPLACE removes the old row without firing its DELETE trigger, so a known key is refused as well."""
    refuse = f"BEGIN SELECT RAISE(ABORT, 'rows of {table} are never changed or removed'); END"
    key = quote(key or "rowid")
    known = f"EXISTS (SELECT 1 FROM {quote(table)} WHERE {key} = NEW.{key})"  # noqa: S608  our own names
    return [
        f"CREATE TRIGGER {quote(f'{table}_refuse_update')} BEFORE UPDATE ON {quote(table)} {refuse}",
        f"CREATE TRIGGER {quote(f'{table}_refuse_delete')} BEFORE DELETE ON {quote(table)} {refuse}",
        f"CREATE TRIGGER {quote(f'{table}_refuse_replace')} BEFORE INSERT ON {quote(table)} WHEN {known} {refuse}",
    ]
