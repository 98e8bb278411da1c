"""What is final, in the database too: an issued invoice and its lines, and that money arrived and was used."""

from collections.abc import Callable
from dataclasses import dataclass

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.base.schema import BaseDatabaseSchemaEditor


@dataclass(frozen=True, slots=True)
class Guard:
    """A row that is `final` can no longer be removed, nor its `columns` changed; those set `once` keep their value."""

    table: str
    refusal: str
    columns: tuple[str, ...]
    final: str = "TRUE"
    never: str = "FALSE"
    once: tuple[str, ...] = ()

    def changed(self, differs: str) -> str:
        """The condition under which an update is refused; `differs` compares two values, which may be null."""
        refused = [self.never]
        refused += [f"NEW.{column} {differs} OLD.{column}" for column in self.columns]
        refused += [f"OLD.{column} IS NOT NULL AND NEW.{column} {differs} OLD.{column}" for column in self.once]
        return f"{self.final} AND ({' OR '.join(refused)})"


GUARDS = (
    Guard(
        table="billing_invoice",
        refusal="an issued invoice is never changed or removed",
        columns=(
            "company_id",
            "customer_id",
            "series",
            "number",
            "customer_name",
            "customer_copy",
            "seller_copy",
            "currency",
            "issue_date",
            "due_date",
            "payment_terms",
            "purchase_order",
            "message",
            "prices_include_tax",
            "tax_rounding",
            "subtotal",
            "discount",
            "charge",
            "tax",
            "total",
            "prepaid",
            "issued_at",
        ),
        final="OLD.status <> 'draft'",
        never="NEW.status = 'draft'",
    ),
    Guard(
        table="billing_payment",
        refusal="a payment is reversed, never changed or removed",
        columns=(
            "company_id",
            "customer_id",
            "number",
            "request_key",
            "received_date",
            "currency",
            "amount",
            "method",
            "source",
            "reference",
            "recorded_at",
        ),
        once=("reversed_at",),
    ),
    Guard(
        table="billing_allocation",
        refusal="an allocation is released once, never changed or removed",
        columns=("company_id", "payment_id", "invoice_id", "currency", "amount", "allocated_at"),
        once=("released_at",),
    ),
)
PART_REFUSAL = "the lines of an issued invoice are never changed"
PARTS = ("billing_invoiceline", "billing_invoiceadjustment", "billing_invoicetax")


def books_are_final() -> migrations.RunPython:
    """A migration operation after which the database guards issued invoices, payments and allocations."""
    return migrations.RunPython(_migrate(protect), _migrate(release))


def protect(connection: BaseDatabaseWrapper) -> None:
    is_postgresql = connection.vendor == "postgresql"
    for guard in GUARDS:
        _execute(connection, _guard_on_postgresql(guard) if is_postgresql else _guard_on_sqlite(guard))
    _execute(connection, _parts_on_postgresql() if is_postgresql else _parts_on_sqlite())


def release(connection: BaseDatabaseWrapper) -> None:
    verbs = {guard.table: ("update", "delete") for guard in GUARDS} | dict.fromkeys(
        PARTS, ("insert", "update", "delete")
    )
    is_postgresql = connection.vendor == "postgresql"
    statements = [
        f"DROP TRIGGER IF EXISTS {table}_final_{verb}" + (f" ON {table}" if is_postgresql else "")
        for table in verbs
        for verb in verbs[table]
    ]
    if is_postgresql:
        functions = (*(f"{guard.table}_refuse_change" for guard in GUARDS), "billing_parts_stay_as_issued")
        statements += [f"DROP FUNCTION IF EXISTS {function}()" for function in functions]
    _execute(connection, statements)


def _migrate(change: Callable[[BaseDatabaseWrapper], None]) -> Callable[[Apps, BaseDatabaseSchemaEditor], None]:
    return lambda apps, schema_editor: change(schema_editor.connection)


def _execute(connection: BaseDatabaseWrapper, statements: list[str]) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def _guard_on_postgresql(guard: Guard) -> list[str]:
    return [
        f"""
        CREATE FUNCTION {guard.table}_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION '{guard.refusal}' USING ERRCODE = 'integrity_constraint_violation';
        END $$
        """,
        f"""
        CREATE TRIGGER {guard.table}_final_update BEFORE UPDATE ON {guard.table} FOR EACH ROW
        WHEN ({guard.changed("IS DISTINCT FROM")}) EXECUTE FUNCTION {guard.table}_refuse_change()
        """,
        f"""
        CREATE TRIGGER {guard.table}_final_delete BEFORE DELETE ON {guard.table} FOR EACH ROW
        WHEN ({guard.final}) EXECUTE FUNCTION {guard.table}_refuse_change()
        """,
    ]


def _guard_on_sqlite(guard: Guard) -> list[str]:
    refuse = f"BEGIN SELECT RAISE(ABORT, '{guard.refusal}'); END"
    return [
        f"""
        CREATE TRIGGER {guard.table}_final_update BEFORE UPDATE ON {guard.table}
        WHEN {guard.changed("IS NOT")} {refuse}
        """,
        f"CREATE TRIGGER {guard.table}_final_delete BEFORE DELETE ON {guard.table} WHEN {guard.final} {refuse}",
    ]


def _parts_on_postgresql() -> list[str]:
    function = f"""
        CREATE FUNCTION billing_parts_stay_as_issued() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF EXISTS (SELECT 1 FROM billing_invoice WHERE status <> 'draft'
                       AND id IN (CASE WHEN TG_OP <> 'INSERT' THEN OLD.invoice_id END,
                                  CASE WHEN TG_OP <> 'DELETE' THEN NEW.invoice_id END)) THEN
                RAISE EXCEPTION '{PART_REFUSAL}' USING ERRCODE = 'integrity_constraint_violation';
            END IF;
            RETURN COALESCE(NEW, OLD);
        END $$
        """  # noqa: S608  our own names
    return [
        function,
        *(
            f"""
            CREATE TRIGGER {table}_final_{verb} BEFORE {verb.upper()} ON {table}
            FOR EACH ROW EXECUTE FUNCTION billing_parts_stay_as_issued()
            """
            for table in PARTS
            for verb in ("insert", "update", "delete")
        ),
    ]


def _parts_on_sqlite() -> list[str]:
    """A line that is moved belonged to one invoice and will belong to another: neither may be issued."""
    statements = []
    for table in PARTS:
        for verb, rows in (
            ("insert", "NEW.invoice_id"),
            ("update", "OLD.invoice_id, NEW.invoice_id"),
            ("delete", "OLD.invoice_id"),
        ):
            issued = f"EXISTS (SELECT 1 FROM billing_invoice WHERE status <> 'draft' AND id IN ({rows}))"  # noqa: S608  our own names
            statements.append(
                f"CREATE TRIGGER {table}_final_{verb} BEFORE {verb.upper()} ON {table} WHEN {issued} "
                f"BEGIN SELECT RAISE(ABORT, '{PART_REFUSAL}'); END"
            )
    return statements
