"""Tables whose rows are only ever added: the database itself refuses to change, remove or replace one.

Of the two logs it allows one change, once: that what a sealed entry says is erased after its twelve months.

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

SEARCHED = "SET search_path = public, pg_temp"
"""In trigger functions: a temporary table that somebody gives the name of one of ours does not stand in for it."""
KEPT_DAYS = 366
"""Twelve months, leap year or not: the database erases nothing that is younger by its own clock."""
KEPT_FOR_EVER = ("log.erased", "log_key.replaced")
"""What these entries say is needed to check the log, and is about nobody."""
KEPT_COLUMNS = "id at company_id customer_id actor_type action object_type outcome".split()
EMPTIED_COLUMNS = "actor_id actor_label on_behalf_of session user_agent object_label reason request_id".split()


def append_only(table: str) -> migrations.RunPython:
    """A migration operation after which rows of `table` can be added and never changed or removed."""
    return migrations.RunPython(partial(_migrate, protect, table), partial(_migrate, release, table))


def append_only_but_erasable(table: str, log: str) -> migrations.RunPython:
    """The same for a log: what an old entry says can be erased, its place, time and hash stand."""
    change = partial(protect, erasable_log=log)
    return migrations.RunPython(partial(_migrate, change, table), partial(_migrate, release, table))


def protect(connection: BaseDatabaseWrapper, table: str, *, erasable_log: str = "") -> None:
    """Refuse UPDATE, DELETE, TRUNCATE and INSERT OR REPLACE from now on; every UPDATE but erasing for a log."""
    release(connection, table)
    _execute(connection, _protections(connection, table, erasable_log))


def release(connection: BaseDatabaseWrapper, table: str) -> None:
    """Undo `protect`."""
    verbs = ("change", "update") if connection.vendor == "postgresql" else ("update", "delete", "replace")
    for verb in verbs:
        _drop(connection, table, f"{table}_refuse_{verb}")


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
            LANGUAGE plpgsql SECURITY DEFINER {SEARCHED} AS $$
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
    _drop(connection, table, f"{table}_wait_for_the_sealer")


def ids_apart_from(table: str, other: str) -> migrations.RunPython:
    """A migration operation after which a new row of `table` never has the id of a row of `other`.

    Two writers at the same instant come past it: the sealer and the check find that.
    """
    change = partial(keep_apart, other=other)
    return migrations.RunPython(partial(_migrate, change, table), partial(_migrate, let_meet, table))


def keep_apart(connection: BaseDatabaseWrapper, table: str, *, other: str) -> None:
    """Refuse rows with an id that the other table has, from now on: one look into its primary key for each new row."""
    let_meet(connection, table)
    quote = connection.ops.quote_name
    name, known = quote(f"{table}_refuse_twin"), f"EXISTS (SELECT 1 FROM {quote(other)} WHERE id = NEW.id)"  # noqa: S608  our own names
    refusal = f"{other} has a row of this id"
    if connection.vendor == "postgresql":
        statements = [
            f"""
            CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql {SEARCHED} AS $$
            BEGIN
                IF {known} THEN
                    RAISE EXCEPTION '{refusal}' USING ERRCODE = 'integrity_constraint_violation';
                END IF;
                RETURN NEW;
            END $$
            """,
            f"CREATE TRIGGER {name} BEFORE INSERT ON {quote(table)} FOR EACH ROW EXECUTE FUNCTION {name}()",
            f"ALTER TABLE {quote(table)} ENABLE ALWAYS TRIGGER {name}",
        ]
    else:
        refuse = f"BEGIN SELECT RAISE(ABORT, '{refusal}'); END"
        statements = [f"CREATE TRIGGER {name} BEFORE INSERT ON {quote(table)} WHEN {known} {refuse}"]
    _execute(connection, statements)


def let_meet(connection: BaseDatabaseWrapper, table: str) -> None:
    """Undo `keep_apart`."""
    _drop(connection, table, f"{table}_refuse_twin")


def _migrate(
    change: Callable[[BaseDatabaseWrapper, str], None], table: str, apps: Apps, schema_editor: BaseDatabaseSchemaEditor
) -> None:
    change(schema_editor.connection, table)


def _drop(connection: BaseDatabaseWrapper, table: str, trigger: str) -> None:
    """Take a trigger away, and on PostgreSQL its function of the same name; nothing where there is none."""
    name, on = connection.ops.quote_name(trigger), connection.ops.quote_name(table)
    if connection.vendor == "postgresql":
        _execute(connection, [f"DROP TRIGGER IF EXISTS {name} ON {on}", f"DROP FUNCTION IF EXISTS {name}()"])
    else:
        _execute(connection, [f"DROP TRIGGER IF EXISTS {name}"])


def _execute(connection: BaseDatabaseWrapper, statements: list[str]) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def _protections(connection: BaseDatabaseWrapper, table: str, erasable_log: str) -> list[str]:
    if connection.vendor == "postgresql":
        return _postgresql_protections(connection.ops.quote_name, table, erasable_log)
    return _sqlite_protections(connection.ops.quote_name, table, _unique_columns(connection, table), erasable_log)


def _unique_columns(connection: BaseDatabaseWrapper, table: str) -> list[list[str]]:
    """What no two rows of a SQLite table share, whatever else they say: one list of columns for each such rule."""
    with connection.cursor() as cursor:
        cursor.execute('SELECT name FROM pragma_index_list(%s) WHERE "unique" AND NOT partial ORDER BY seq', [table])
        indexes = cursor.fetchall()
        columns = []
        for [index] in indexes:
            cursor.execute("SELECT name FROM pragma_index_info(%s) ORDER BY seqno", [index])
            columns.append([name for [name] in cursor.fetchall()])
    return columns


def _postgresql_protections(quote: Quote, table: str, erasable_log: str) -> list[str]:
    """ENABLE ALWAYS: the trigger also fires for a session that claims to be a replica."""
    verbs = "DELETE OR TRUNCATE" if erasable_log else "UPDATE OR DELETE OR TRUNCATE"
    statements = _postgresql_refusal(quote, table, "change", f"BEFORE {verbs}", "STATEMENT", "")
    if erasable_log:
        old = "(OLD.at AT TIME ZONE 'UTC') < (now() AT TIME ZONE 'UTC') - interval '{days} days'"
        erases = _erases(quote, erasable_log, "IS NOT DISTINCT FROM", old.format(days=KEPT_DAYS))
        allowed = f"IF {erases} THEN RETURN NEW; END IF;"
        statements += _postgresql_refusal(quote, table, "update", "BEFORE UPDATE", "ROW", allowed)
    return statements


def _postgresql_refusal(quote: Quote, table: str, verb: str, when: str, each: str, allowed: str) -> list[str]:
    name = quote(f"{table}_refuse_{verb}")
    return [
        f"""
        CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql {SEARCHED} AS $$
        BEGIN
            {allowed}
            RAISE EXCEPTION 'rows of {table} are never changed or removed'
                USING ERRCODE = 'integrity_constraint_violation';
        END $$
        """,
        f"CREATE TRIGGER {name} {when} ON {quote(table)} FOR EACH {each} EXECUTE FUNCTION {name}()",
        f"ALTER TABLE {quote(table)} ENABLE ALWAYS TRIGGER {name}",
    ]


def _sqlite_protections(quote: Quote, table: str, unique: list[list[str]], erasable_log: str) -> list[str]:
    """INSERT OR REPLACE removes a row without firing its DELETE trigger, so what is known is refused as well."""
    refuse = f"BEGIN SELECT RAISE(ABORT, 'rows of {table} are never changed or removed'); END"
    alike = [" AND ".join(f"{quote(name)} IS NEW.{quote(name)}" for name in names) for names in unique]
    found = [f"EXISTS (SELECT 1 FROM {quote(table)} WHERE {same})" for same in ["rowid = NEW.rowid", *alike]]  # noqa: S608  our own names
    known = " OR ".join(found)
    unless = ""
    if erasable_log:
        old = f"OLD.at < strftime('%Y-%m-%d %H:%M:%f', 'now', '-{KEPT_DAYS} days')"
        unless = f"WHEN ({_erases(quote, erasable_log, 'IS', old)} AND NEW.rowid = OLD.rowid) IS NOT TRUE"
    return [
        f"CREATE TRIGGER {quote(f'{table}_refuse_update')} BEFORE UPDATE ON {quote(table)} {unless} {refuse}",
        f"CREATE TRIGGER {quote(f'{table}_refuse_delete')} BEFORE DELETE ON {quote(table)} {refuse}",
        f"CREATE TRIGGER {quote(f'{table}_refuse_replace')} BEFORE INSERT ON {quote(table)} WHEN {known} {refuse}",
    ]


def _erases(quote: Quote, log: str, same: str, is_old: str) -> str:
    """The condition on OLD and NEW under which an UPDATE erases what a sealed entry says, and does nothing else."""
    final = ", ".join(f"'{action}'" for action in KEPT_FOR_EVER)
    return " AND ".join(
        [
            "OLD.erased_at IS NULL AND NEW.erased_at IS NOT NULL",
            is_old,
            f"OLD.action NOT IN ({final})",
            f"EXISTS (SELECT 1 FROM {quote('audit_leaf')} WHERE log = '{log}' AND entry_id = OLD.id)",  # noqa: S608  our own names
            *(f"NEW.{name} {same} OLD.{name}" for name in KEPT_COLUMNS),
            *(f"NEW.{name} = ''" for name in EMPTIED_COLUMNS),
            "NEW.object_id IN ('', OLD.object_id) AND NEW.data = '{}' AND length(NEW.salt) = 0",
            "NEW.ip IS NULL AND NEW.changes IS NULL",
        ]
    )
