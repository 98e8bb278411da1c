"""Every permission there is. A value is stored in roles, so renaming one is a data migration."""

from enum import StrEnum
from typing import Self


class Permission(StrEnum):
    """What a member may do, as noun.verb, with its group, its words after "may", and what it is nothing without."""

    group: str
    sentence: str
    needed: tuple[str, ...]

    def __new__(cls, value: str, group: str, sentence: str, *needed: str) -> Self:
        permission = str.__new__(cls, value)
        permission._value_ = value
        permission.group, permission.sentence, permission.needed = group, sentence, needed
        return permission

    CUSTOMER_VIEW = "customer.view", "Customers", "see customers, their contacts, balances and activity"
    CUSTOMER_CREATE = "customer.create", "Customers", "add customers", "customer.view"
    CUSTOMER_EDIT = "customer.edit", "Customers", "change customers and their contacts", "customer.view"
    CUSTOMER_ARCHIVE = "customer.archive", "Customers", "archive customers and bring them back", "customer.view"
    ITEM_VIEW = "item.view", "Catalogue", "see items and tax rates"
    CATALOG_EDIT = "catalog.edit", "Catalogue", "add, change and archive items and tax rates", "item.view"
    INVOICE_VIEW = "invoice.view", "Invoices", "see invoices and their PDF"
    INVOICE_CREATE = (
        "invoice.create",
        "Invoices",
        "write and duplicate drafts",
        "invoice.view",
        "customer.view",
        "item.view",
    )
    INVOICE_EDIT = (
        "invoice.edit",
        "Invoices",
        "change and discard drafts, note a dispute",
        "invoice.view",
        "customer.view",
        "item.view",
    )
    INVOICE_ISSUE = "invoice.issue", "Invoices", "issue: give a number, final from then on", "invoice.view"
    INVOICE_SEND = "invoice.send", "Sending", "send by e-mail, see and revoke portal links", "invoice.view"
    INVOICE_VOID = "invoice.void", "Invoices", "void an issued invoice", "invoice.view"
    INVOICE_WRITE_OFF = (
        "invoice.write_off",
        "Invoices",
        "write off what is no longer expected, and reinstate it",
        "invoice.view",
    )
    PAYMENT_VIEW = "payment.view", "Payments", "see payments"
    PAYMENT_RECORD = "payment.record", "Payments", "record a payment that arrived", "payment.view", "customer.view"
    PAYMENT_ALLOCATE = (
        "payment.allocate",
        "Payments",
        "use a payment on invoices, and release it",
        "payment.view",
        "invoice.view",
    )
    PAYMENT_REVERSE = "payment.reverse", "Payments", "reverse a payment that bounced", "payment.view"
    NOTE_CREATE = "note.create", "Notes", "write internal notes", "customer.view"
    REPORT_VIEW = "report.view", "Reports", "see the dashboard"
    EXPORT_RUN = "export.run", "Exports", "download lists as CSV", "invoice.view", "customer.view"
    AUDIT_VIEW = "audit.view", "Logs", "read the billing log, and a record's entries apart from its page"
    SECURITY_LOG_VIEW = "security_log.view", "Logs", "read the account-security log (which is itself logged)"
    SETTINGS_EDIT = "settings.edit", "Settings", "change the company profile, the logo and the fields of customers"
    SECURITY_EDIT = "security.edit", "Security", "change the sign-in rules, and what waits for a second person"
    TEAM_VIEW = "team.view", "Team", "see who belongs to the company, their roles, and what each role may do"
    TEAM_EDIT = (
        "team.edit",
        "Team",
        "invite, restrict, suspend and remove members, give roles, review who has access",
        "team.view",
    )
    ROLE_EDIT = "role.edit", "Team", "make, change and delete roles", "team.view"
    APPROVAL_VIEW = "approval.view", "Approvals", "see what waits for a second person"
    APPROVAL_DECIDE = (
        "approval.decide",
        "Approvals",
        "approve or refuse what others asked for, within their own rights",
        "approval.view",
    )
    API_KEY_VIEW = "api_key.view", "API keys", "see the company's API keys and when each was used"
    API_KEY_EDIT = "api_key.edit", "API keys", "make API keys within their own rights, and revoke any", "api_key.view"

    @classmethod
    def of(cls, stored: str) -> "Permission":
        """The permission with this stored value; a value that is none raises ValueError."""
        permission = _BY_VALUE.get(stored)
        if permission is None:
            raise ValueError(f"“{stored}” is no permission.")
        return permission

    @property
    def needs(self) -> frozenset["Permission"]:
        """What whoever holds this must hold as well."""
        return frozenset(permission for permission in Permission if permission.value in self.needed)


_BY_VALUE = {permission.value: permission for permission in Permission}
LIMITABLE = frozenset({Permission.INVOICE_VOID, Permission.INVOICE_WRITE_OFF})
"""Those that give money up: a role may hold them up to an amount per act."""
