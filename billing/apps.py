from django.apps import AppConfig


class BillingConfig(AppConfig):
    name = "billing"
    verbose_name = "Receivables"

    def ready(self) -> None:
        """Other apps learn how a company begins to bill, in what, what restricts members, and where the pages stand."""
        from accounts import alert_kinds, approvals
        from accounts.access import contact_models, customer_models, with_values
        from accounts.actions.companies import on_company_created
        from accounts.actions.members import on_revoked
        from accounts.limits import known_currencies
        from accounts.queries.members import owned_counts
        from accounts.queries.restrictions import naming
        from audit.records import customers as customers_in_logs
        from audit.records import declare_parts
        from audit.registry import declare_link
        from billing import alerts
        from billing.actions import approved_acts, exports, owners, sellers
        from billing.currencies import CURRENCIES
        from billing.models import Contact, Customer, EmailMessage, Note, Payment, PaymentAttempt
        from billing.queries.custom_fields import holding, names_and_values
        from billing.queries.owners import owned_count

        on_company_created.append(sellers.create)
        on_revoked.append(owners.hand_over)
        owned_counts.append(owned_count)
        known_currencies.update(CURRENCIES)
        customer_models.append(Customer)
        contact_models.append(Contact)
        with_values.append(holding)
        naming.append(names_and_values)
        for kind in (approved_acts.WRITE_OFF, approved_acts.VOID, approved_acts.BANK_DETAILS, exports.CUSTOMERS):
            approvals.declare(kind)
        alert_kinds.declare(alerts.ELSEWHERE)
        for object_type in ("customer", "invoice", "payment"):
            declare_link(object_type, f"billing:{object_type}_detail")
        payments = (Payment, "allocations__invoice")
        declare_parts("invoice", payments, (PaymentAttempt, "invoice"), (EmailMessage, "invoice"), (Note, "invoice"))
        declare_parts("payment", (EmailMessage, "payment"))
        customers_in_logs.append((Customer, "billing:customer_suggestions"))
