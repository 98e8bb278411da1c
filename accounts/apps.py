from django.apps import AppConfig
from django.core.checks import Tags, register

from accounts import checks


class AccountsConfig(AppConfig):
    name = "accounts"

    def ready(self) -> None:
        register(checks.permissions_and_views_agree, Tags.security)
        register(checks.roles_are_whole, Tags.security)
