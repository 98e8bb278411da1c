from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class AuditConfig(AppConfig):
    name = "audit"

    def ready(self) -> None:
        """Every app says in its `events` module what it can log; a code declared twice stops the start here."""
        autodiscover_modules("events")
