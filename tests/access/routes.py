"""Every address of the team's side, and which roles it opens to. A new address fails the build until it has its row."""

from dataclasses import dataclass

from django.urls import URLPattern, URLResolver, get_resolver

# a = administrator, e = employee, m = account manager, r = read-only
LETTERS = {"administrator": "a", "employee": "e", "account_manager": "m", "read_only": "r"}

MATRIX = {
    "accounts:team": "a",
    "audit:billing_log": "aer",
    "audit:security_log": "a",
    "audit:history": "aer",
    "portal:invoice_links": "aem",
    "portal:link_revoke": "aem",
    "billing:dashboard": "aemr",
    "billing:customer_list": "aemr",
    "billing:customer_create": "aem",
    "billing:customer_detail": "aemr",
    "billing:customer_edit": "aem",
    "billing:customer_archive": "ae",
    "billing:customer_restore": "ae",
    "billing:customer_note_create": "aem",
    "billing:contact_create": "aem",
    "billing:contact_edit": "aem",
    "billing:contact_archive": "aem",
    "billing:item_list": "aemr",
    "billing:item_create": "ae",
    "billing:item_edit": "ae",
    "billing:item_archive": "ae",
    "billing:item_restore": "ae",
    "billing:tax_rate_list": "aemr",
    "billing:tax_rate_create": "ae",
    "billing:tax_rate_archive": "ae",
    "billing:company_settings": "a",
    "billing:logo": "aemr",
    "billing:logo_upload": "a",
    "billing:logo_remove": "a",
    "billing:invoice_list": "aemr",
    "billing:invoice_export": "ae",
    "billing:invoice_bulk": "aemr",
    "billing:invoice_create": "aem",
    "billing:invoice_preview": "aemr",
    "billing:invoice_contacts": "aemr",
    "billing:item_suggestions": "aemr",
    "billing:customer_suggestions": "aemr",
    "billing:invoice_detail": "aemr",
    "billing:invoice_edit": "aem",
    "billing:invoice_pdf": "aemr",
    "billing:invoice_issue": "aem",
    "billing:invoice_send": "aem",
    "billing:invoice_mark_sent": "aem",
    "billing:invoice_void": "ae",
    "billing:invoice_write_off": "ae",
    "billing:invoice_reinstate": "ae",
    "billing:invoice_dispute": "aem",
    "billing:invoice_settle_dispute": "aem",
    "billing:invoice_duplicate": "aem",
    "billing:invoice_discard": "aem",
    "billing:note_create": "aem",
    "billing:email_retry": "aem",
    "billing:payment_list": "aemr",
    "billing:payment_create": "aem",
    "billing:payment_detail": "aemr",
    "billing:payment_allocate": "aem",
    "billing:payment_reverse": "ae",
    "billing:allocation_release": "aem",
}

# Addresses that ask for more than their one permission, and whom that leaves.
NARROWER = {
    "billing:invoice_preview": "aem",  # to create or to edit invoices
    "billing:invoice_contacts": "aem",
    "billing:item_suggestions": "aem",
}

# The whole list of addresses that need no sign-in. Whoever adds one argues for it here.
OPEN = {
    "accounts:sign_in": "nobody is signed in yet",
    "health": "monitors have no account; it says nothing but whether the database answers",
    "portal:link": "the token in the address is the key; opening it changes nothing and shows nothing of the invoice",
    "portal:ended": "says that a visit is over",
    "portal:sandbox": "stands in for a payment provider, whose pages are not ours",
}

# Addresses of a signed-in person's own account, whatever their role.
OWN = {
    "accounts:sign_out",
    "accounts:sign_in_code",
    "accounts:switch_company",
    "accounts:security",
    "accounts:security_change_password",
    "accounts:security_authenticator_start",
    "accounts:security_authenticator_confirm",
    "accounts:security_authenticator_qr",
    "accounts:security_authenticator_remove",
    "accounts:security_replace_recovery_codes",
}


@dataclass(frozen=True)
class Route:
    name: str
    guard: str
    arguments: tuple[str, ...]


def all_routes() -> list[Route]:
    """Every address of the project by its full name."""
    return list(_walk(get_resolver(), ""))


def _walk(resolver: URLResolver, namespace: str):
    for entry in resolver.url_patterns:
        if isinstance(entry, URLPattern):
            yield Route(f"{namespace}{entry.name}", str(entry.callback.guard), tuple(entry.pattern.converters))
        else:
            yield from _walk(entry, f"{namespace}{entry.namespace}:" if entry.namespace else namespace)


STAFF = [route for route in all_routes() if route.name in MATRIX]
