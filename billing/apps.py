from django.apps import AppConfig


class BillingConfig(AppConfig):
    name = "billing"
    verbose_name = "Receivables"

    def ready(self) -> None:
        """A new company can bill at once."""
        from accounts.actions.companies import on_company_created
        from billing.actions import sellers

        on_company_created.append(sellers.create)
