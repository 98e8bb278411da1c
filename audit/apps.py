from django.apps import AppConfig
from django.core.checks import register
from django.db.backends.signals import connection_created
from django.utils.module_loading import autodiscover_modules


class AuditConfig(AppConfig):
    name = "audit"

    def ready(self) -> None:
        """Every app says in its `events` module what it can log; a code declared twice stops the start here."""
        from audit import checks
        from audit.models import networks

        autodiscover_modules("events")
        register(checks.every_link_leads_somewhere)
        connection_created.connect(networks.teach)
