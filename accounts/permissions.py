"""Every permission there is. A value is stored in roles, so renaming one is a data migration."""

from enum import StrEnum


class Permission(StrEnum):
    """What a member may do, as noun.verb."""

    CUSTOMER_VIEW = "customer.view"
    CUSTOMER_CREATE = "customer.create"
    CUSTOMER_EDIT = "customer.edit"
    CUSTOMER_ARCHIVE = "customer.archive"
    ITEM_VIEW = "item.view"
    CATALOG_EDIT = "catalog.edit"
    INVOICE_VIEW = "invoice.view"
    INVOICE_CREATE = "invoice.create"
    INVOICE_EDIT = "invoice.edit"
    INVOICE_ISSUE = "invoice.issue"
    INVOICE_SEND = "invoice.send"
    INVOICE_VOID = "invoice.void"
    INVOICE_WRITE_OFF = "invoice.write_off"
    PAYMENT_VIEW = "payment.view"
    PAYMENT_RECORD = "payment.record"
    PAYMENT_ALLOCATE = "payment.allocate"
    PAYMENT_REVERSE = "payment.reverse"
    NOTE_CREATE = "note.create"
    REPORT_VIEW = "report.view"
    EXPORT_RUN = "export.run"
    AUDIT_VIEW = "audit.view"
    SECURITY_LOG_VIEW = "security_log.view"
    SETTINGS_EDIT = "settings.edit"
    TEAM_VIEW = "team.view"
    TEAM_EDIT = "team.edit"
