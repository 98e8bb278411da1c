"""Issued is final, in the database too: its number, amounts, dates, copies and lines can no longer be changed there."""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

FINAL_COLUMNS = (
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
)
INVOICE_REFUSAL = "an issued invoice is never changed or removed"
PART_REFUSAL = "the lines of an issued invoice are never changed"
PARTS = ("billing_invoiceline", "billing_invoiceadjustment", "billing_invoicetax")


def final_once_issued() -> migrations.RunPython:
    """A migration operation after which the database guards issued invoices."""
    return migrations.RunPython(_protect, _release)


def _protect(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    protect(schema_editor.connection)


def _release(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    release(schema_editor.connection)


def protect(connection: BaseDatabaseWrapper) -> None:
    _execute(connection, _postgresql() if connection.vendor == "postgresql" else _sqlite())


def release(connection: BaseDatabaseWrapper) -> None:
    if connection.vendor == "postgresql":
        statements = [
            f"DROP TRIGGER IF EXISTS {trigger} ON billing_invoice"
            for trigger in ("invoice_final_once_issued", "invoice_kept_once_issued")
        ]
        statements += [f"DROP TRIGGER IF EXISTS {table}_final_once_issued ON {table}" for table in PARTS]
        statements += [
            f"DROP FUNCTION IF EXISTS {function}()" for function in ("invoice_stays_as_issued", "parts_stay_as_issued")
        ]
    else:
        tables = {"billing_invoice": ("update", "delete")} | dict.fromkeys(PARTS, ("insert", "update", "delete"))
        statements = [
            f"DROP TRIGGER IF EXISTS {table}_final_{verb}" for table, verbs in tables.items() for verb in verbs
        ]
    _execute(connection, statements)


def _execute(connection: BaseDatabaseWrapper, statements: list[str]) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def _changed(differs: str) -> str:
    return " OR ".join(f"NEW.{column} {differs} OLD.{column}" for column in FINAL_COLUMNS)


def _postgresql() -> list[str]:
    return [
        f"""
        CREATE FUNCTION invoice_stays_as_issued() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION '{INVOICE_REFUSAL}' USING ERRCODE = 'integrity_constraint_violation';
        END $$
        """,
        f"""
        CREATE TRIGGER invoice_final_once_issued BEFORE UPDATE ON billing_invoice FOR EACH ROW
        WHEN (OLD.status <> 'draft' AND (NEW.status = 'draft' OR {_changed("IS DISTINCT FROM")}))
        EXECUTE FUNCTION invoice_stays_as_issued()
        """,
        """
        CREATE TRIGGER invoice_kept_once_issued BEFORE DELETE ON billing_invoice FOR EACH ROW
        WHEN (OLD.status <> 'draft') EXECUTE FUNCTION invoice_stays_as_issued()
        """,
        f"""
        CREATE FUNCTION parts_stay_as_issued() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF EXISTS (SELECT 1 FROM billing_invoice WHERE status <> 'draft'
                       AND id IN (CASE WHEN TG_OP <> 'INSERT' THEN OLD.invoice_id END,
                                  CASE WHEN TG_OP <> 'DELETE' THEN NEW.invoice_id END)) THEN
                RAISE EXCEPTION '{PART_REFUSAL}' USING ERRCODE = 'integrity_constraint_violation';
            END IF;
            RETURN COALESCE(NEW, OLD);
        END $$
        """,  # noqa: S608  our own names
        *(
            f"""
            CREATE TRIGGER {table}_final_once_issued BEFORE INSERT OR UPDATE OR DELETE ON {table}
            FOR EACH ROW EXECUTE FUNCTION parts_stay_as_issued()
            """
            for table in PARTS
        ),
    ]


def _sqlite() -> list[str]:
    refuse_invoice = f"BEGIN SELECT RAISE(ABORT, '{INVOICE_REFUSAL}'); END"
    refuse_part = f"BEGIN SELECT RAISE(ABORT, '{PART_REFUSAL}'); END"
    statements = [
        f"""
        CREATE TRIGGER billing_invoice_final_update BEFORE UPDATE ON billing_invoice
        WHEN OLD.status <> 'draft' AND (NEW.status = 'draft' OR {_changed("IS NOT")}) {refuse_invoice}
        """,
        f"""
        CREATE TRIGGER billing_invoice_final_delete BEFORE DELETE ON billing_invoice
        WHEN OLD.status <> 'draft' {refuse_invoice}
        """,
    ]
    for table in PARTS:
        for verb, row in (("insert", "NEW"), ("update", "OLD"), ("delete", "OLD")):
            issued = f"(SELECT status FROM billing_invoice WHERE id = {row}.invoice_id) <> 'draft'"  # noqa: S608  our own names
            statements.append(
                f"CREATE TRIGGER {table}_final_{verb} BEFORE {verb.upper()} ON {table} WHEN {issued} {refuse_part}"
            )
    return statements
