"""Every address of the staff's billing pages."""

from django.urls import path

from billing.views import (
    api,
    audit_reports,
    contacts,
    custom_fields,
    customers,
    dashboard,
    invoice_editor,
    invoice_list,
    invoices,
    items,
    notes,
    payments,
    restrictions,
    sellers,
    tax_rates,
)

app_name = "billing"

INVOICES = [
    path("invoices/", invoice_list.index, name="invoice_list"),
    path("invoices/export/", invoice_list.export, name="invoice_export"),
    path("invoices/bulk/", invoice_list.bulk, name="invoice_bulk"),
    path("invoices/new/", invoice_editor.create, name="invoice_create"),
    path("invoices/preview/", invoice_editor.preview, name="invoice_preview"),
    path("invoices/contacts/", invoice_editor.contacts, name="invoice_contacts"),
    path("suggestions/items/", invoice_editor.item_suggestions, name="item_suggestions"),
    path("suggestions/customers/", invoice_editor.customer_suggestions, name="customer_suggestions"),
    path("invoices/<uuid:id>/", invoices.detail, name="invoice_detail"),
    path("invoices/<uuid:id>/edit/", invoice_editor.edit, name="invoice_edit"),
    path("invoices/<uuid:id>/pdf/", invoices.pdf, name="invoice_pdf"),
    path("invoices/<uuid:id>/issue/", invoices.issue, name="invoice_issue"),
    path("invoices/<uuid:id>/send/", invoices.send, name="invoice_send"),
    path("invoices/<uuid:id>/mark-sent/", invoices.mark_sent, name="invoice_mark_sent"),
    path("invoices/<uuid:id>/void/", invoices.void, name="invoice_void"),
    path("invoices/<uuid:id>/write-off/", invoices.write_off, name="invoice_write_off"),
    path("invoices/<uuid:id>/reinstate/", invoices.reinstate, name="invoice_reinstate"),
    path("invoices/<uuid:id>/dispute/", invoices.dispute, name="invoice_dispute"),
    path("invoices/<uuid:id>/settle-dispute/", invoices.settle_dispute, name="invoice_settle_dispute"),
    path("invoices/<uuid:id>/duplicate/", invoices.duplicate, name="invoice_duplicate"),
    path("invoices/<uuid:id>/discard/", invoices.discard, name="invoice_discard"),
    path("invoices/<uuid:id>/notes/", invoices.write_note, name="note_create"),
    path("e-mails/<uuid:id>/retry/", invoices.retry_email, name="email_retry"),
]

PAYMENTS = [
    path("payments/", payments.index, name="payment_list"),
    path("payments/new/", payments.create, name="payment_create"),
    path("payments/<uuid:id>/", payments.detail, name="payment_detail"),
    path("payments/<uuid:id>/allocate/", payments.allocate, name="payment_allocate"),
    path("payments/<uuid:id>/reverse/", payments.reverse, name="payment_reverse"),
    path("allocations/<uuid:id>/release/", payments.release, name="allocation_release"),
]

CUSTOMERS = [
    path("customers/", customers.index, name="customer_list"),
    path("customers/export/", customers.export, name="customer_export"),
    path("customers/new/", customers.create, name="customer_create"),
    path("customers/<uuid:id>/", customers.detail, name="customer_detail"),
    path("customers/<uuid:id>/edit/", customers.edit, name="customer_edit"),
    path("customers/<uuid:id>/archive/", customers.archive, name="customer_archive"),
    path("customers/<uuid:id>/restore/", customers.restore, name="customer_restore"),
    path("customers/<uuid:id>/contacts/new/", contacts.create, name="contact_create"),
    path("customers/<uuid:id>/notes/new/", notes.create_on_customer, name="customer_note_create"),
    path("contacts/<uuid:id>/edit/", contacts.edit, name="contact_edit"),
    path("contacts/<uuid:id>/archive/", contacts.archive, name="contact_archive"),
]

CATALOG = [
    path("items/", items.index, name="item_list"),
    path("items/new/", items.create, name="item_create"),
    path("items/<uuid:id>/", items.edit, name="item_edit"),
    path("items/<uuid:id>/archive/", items.archive, name="item_archive"),
    path("items/<uuid:id>/restore/", items.restore, name="item_restore"),
    path("tax-rates/", tax_rates.index, name="tax_rate_list"),
    path("tax-rates/new/", tax_rates.create, name="tax_rate_create"),
    path("tax-rates/<uuid:id>/archive/", tax_rates.archive, name="tax_rate_archive"),
]

SETTINGS = [
    path("settings/company/", sellers.company_settings, name="company_settings"),
    path("settings/company/logo/", sellers.logo, name="logo"),
    path("settings/company/logo/upload/", sellers.upload_logo, name="logo_upload"),
    path("settings/company/logo/remove/", sellers.remove_logo, name="logo_remove"),
    path("settings/fields/", custom_fields.index, name="custom_field_list"),
    path("settings/fields/new/", custom_fields.create, name="custom_field_create"),
    path("settings/fields/<uuid:id>/", custom_fields.edit, name="custom_field_edit"),
    path("settings/fields/<uuid:id>/archive/", custom_fields.archive, name="custom_field_archive"),
    path("settings/fields/<uuid:id>/restore/", custom_fields.restore, name="custom_field_restore"),
    path("settings/team/<uuid:id>/customers/", restrictions.member, name="restriction_member"),
    path("settings/team/invitations/<uuid:id>/customers/", restrictions.invitation, name="restriction_invitation"),
    path("settings/api-keys/<uuid:id>/customers/", restrictions.key, name="restriction_key"),
]

API = [
    path("api/v1/customers/", api.customer_list, name="api_customer_list"),
    path("api/v1/customers/<uuid:id>/", api.customer_record, name="api_customer"),
    path("api/v1/invoices/", api.invoice_list, name="api_invoice_list"),
    path("api/v1/invoices/<uuid:id>/", api.invoice_record, name="api_invoice"),
    path("api/v1/payments/", api.payment_list, name="api_payment_list"),
    path("api/v1/payments/<uuid:id>/", api.payment_record, name="api_payment"),
    path("api/v1/events/", api.event_list, name="api_event_list"),
    path("api/v1/openapi.json", api.openapi, name="api_document"),
]

urlpatterns = [
    path("", dashboard.home, name="dashboard"),
    *CUSTOMERS,
    *CATALOG,
    *SETTINGS,
    *INVOICES,
    *PAYMENTS,
    *API,
    path("audit/billing/report/", audit_reports.billing_report, name="billing_log_report"),
    path("audit/security/report/", audit_reports.security_report, name="security_log_report"),
]
