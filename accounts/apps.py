from django.apps import AppConfig
from django.core.checks import Tags, register

from accounts import checks


class AccountsConfig(AppConfig):
    name = "accounts"

    def ready(self) -> None:
        """Its checks, its acts that can wait for a second person, and where the log finds those that do."""
        from accounts import approvals
        from accounts.actions import administrators, api_keys, approval_rules
        from audit.registry import declare_link

        for kind in (administrators.MAKING, api_keys.MAKING, approval_rules.RELAXING):
            approvals.declare(kind)
        declare_link("approval", "accounts:approval_detail")
        register(checks.permissions_and_views_agree, Tags.security)
        register(checks.roles_are_whole, Tags.security)
        register(checks.stored_permissions_are_known, Tags.database)
