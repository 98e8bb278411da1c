"""What the database roles of the web and of the worker may do on PostgreSQL, as SQL. docs/operations/database-roles.md.

Neither owns anything, so neither can let a trigger rest. What no rule names, both may read and change.
"""

from collections.abc import Iterable, Iterator

from django.db.backends.base.base import BaseDatabaseWrapper

from audit.triggers import EMPTIED_COLUMNS

READ, ADD, CHANGE_ALL = "SELECT", "SELECT, INSERT", "SELECT, INSERT, UPDATE, DELETE"
ERASED = [*EMPTIED_COLUMNS, "object_id", "ip", "changes", "data", "salt", "erased_at"]
ERASE = f"SELECT, INSERT, UPDATE ({', '.join(ERASED)})"
RULES: dict[str, tuple[str, str]] = {
    # table: what the web may, what the worker may
    "audit_billingevent": (ADD, ERASE),
    "audit_securityevent": (ADD, ERASE),
    "audit_leaf": (READ, ADD),
    "audit_checkpoint": (READ, ADD),
    "audit_cosignature": (READ, ADD),
    "audit_logkey": (READ, ADD),
    "audit_waiting": (READ, "SELECT, DELETE"),
    "audit_sealerstate": (READ, CHANGE_ALL),
    "audit_follower": (READ, CHANGE_ALL),
    "audit_check": (READ, CHANGE_ALL),
    "audit_witness": (READ, CHANGE_ALL),
    "billing_ledgerentry": (ADD, ADD),
    "django_migrations": (READ, READ),
}


TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1"
TRIGGER_FUNCTIONS = """
    SELECT proname FROM pg_proc
    WHERE pronamespace = 'public'::regnamespace AND prorettype = 'trigger'::regtype ORDER BY 1
"""
ROLES = "SELECT rolname FROM pg_roles WHERE rolname = ANY(%s)"
TOO_STRONG = """
    SELECT rolname FROM pg_roles r
    WHERE rolname = ANY(%s) AND (
        rolsuper OR rolcreaterole OR rolbypassrls
        OR EXISTS (SELECT 1 FROM pg_class WHERE relowner = r.oid)
        OR EXISTS (SELECT 1 FROM pg_tables t WHERE schemaname = 'public' AND pg_has_role(r.oid, t.tableowner, 'MEMBER'))
    )
"""


def statements(connection: BaseDatabaseWrapper, web: str, worker: str) -> Iterator[str]:
    """The SQL that gives both roles what they may, and takes away the rest; run by the owner of the tables."""
    quote = connection.ops.quote_name
    roles = f"{quote(web)}, {quote(worker)}"
    database = quote(str(connection.settings_dict["NAME"]))
    yield f"REVOKE ALL ON DATABASE {database} FROM PUBLIC"
    yield f"REVOKE ALL ON DATABASE {database} FROM {roles}"
    yield f"GRANT CONNECT ON DATABASE {database} TO {roles}"
    yield f"REVOKE ALL ON SCHEMA public FROM PUBLIC, {roles}"
    yield f"GRANT USAGE ON SCHEMA public TO {roles}"
    for what in ("TABLES", "SEQUENCES"):
        yield f"REVOKE ALL ON ALL {what} IN SCHEMA public FROM PUBLIC, {roles}"
    for function in names(connection, TRIGGER_FUNCTIONS):
        # A trigger fires without it; with it, somebody could put our trigger on a table of their own.
        yield f"REVOKE ALL ON FUNCTION {quote(function)}() FROM PUBLIC, {roles}"
    for table in names(connection, TABLES):
        for role, rights in zip((web, worker), RULES.get(table, (CHANGE_ALL, CHANGE_ALL)), strict=True):
            yield f"GRANT {rights} ON TABLE {quote(table)} TO {quote(role)}"
    yield f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {roles}"
    yield f"ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT {CHANGE_ALL} ON TABLES TO {roles}"
    yield f"ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO {roles}"


def missing(connection: BaseDatabaseWrapper, roles: Iterable[str]) -> list[str]:
    """Those of the roles that do not exist."""
    wanted = list(roles)
    there = names(connection, ROLES, wanted)
    return [role for role in wanted if role not in there]


def too_strong(connection: BaseDatabaseWrapper, roles: Iterable[str]) -> list[str]:
    """Those of the roles that could get round their grants: an owner of a table, or who may become one."""
    return names(connection, TOO_STRONG, list(roles))


def names(connection: BaseDatabaseWrapper, query: str, *values: list[str]) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(query, values or None)
        return [name for [name] in cursor.fetchall()]
