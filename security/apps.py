from django.apps import AppConfig
from django.core.checks import Tags, register

from security import checks


class SecurityConfig(AppConfig):
    name = "security"

    def ready(self) -> None:
        register(checks.every_view_is_declared, Tags.security)
        register(checks.encryption_keys_are_readable, Tags.security)
