from django.apps import AppConfig


class BillingConfig(AppConfig):
    name = "billing"
    verbose_name = "Receivables"

    def ready(self) -> None:
        """Other apps learn how a company begins to bill, in what, what restricts members, and where the pages stand."""
        from accounts.access import customer_models, with_values
        from accounts.actions.companies import on_company_created
        from accounts.limits import known_currencies
        from audit.registry import declare_link
        from billing.actions import sellers
        from billing.currencies import CURRENCIES
        from billing.models import Customer
        from billing.queries.custom_fields import holding

        on_company_created.append(sellers.create)
        known_currencies.update(CURRENCIES)
        customer_models.append(Customer)
        with_values.append(holding)
        for object_type in ("customer", "invoice", "payment"):
            declare_link(object_type, f"billing:{object_type}_detail")
