"""The built-in roles. Read the table and you know who may do what."""

from accounts.permissions import Permission

P = Permission

LOOKS_AT_BILLING = frozenset(
    {
        P.CUSTOMER_VIEW,
        P.ITEM_VIEW,
        P.INVOICE_VIEW,
        P.PAYMENT_VIEW,
        P.REPORT_VIEW,
    }
)

BUILT_IN: dict[str, frozenset[P]] = {
    "administrator": frozenset(P),
    "employee": frozenset(P) - {P.SETTINGS_EDIT, P.TEAM_VIEW, P.TEAM_EDIT, P.SECURITY_LOG_VIEW},
    "account_manager": LOOKS_AT_BILLING
    | {
        P.CUSTOMER_CREATE,
        P.CUSTOMER_EDIT,
        P.INVOICE_CREATE,
        P.INVOICE_EDIT,
        P.INVOICE_ISSUE,
        P.INVOICE_SEND,
        P.PAYMENT_RECORD,
        P.PAYMENT_ALLOCATE,
        P.NOTE_CREATE,
    },
    "read_only": LOOKS_AT_BILLING | {P.AUDIT_VIEW},
}

NAMES: dict[str, str] = {
    "administrator": "Administrator",
    "employee": "Employee",
    "account_manager": "Account manager",
    "read_only": "Read-only",
}

SEES_OWN_CUSTOMERS_ONLY = frozenset({"account_manager"})
