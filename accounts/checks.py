"""What must be true of permissions before the first request is served."""

from collections.abc import Iterator, Sequence
from typing import Any

from django.apps import apps
from django.core.checks import CheckMessage, Error
from django.db import connections
from django.db.migrations.executor import MigrationExecutor

from accounts import roles
from accounts.permissions import Permission
from security import guards
from security.checks import routes

OTHER_GUARDS = frozenset({guards.PUBLIC, guards.SIGNED_IN, guards.FACTOR_SET_UP, guards.PORTAL})


def permissions_and_views_agree(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Each view asks for a permission there is, and each permission opens something."""
    asked = {str(view.guard): route for route, view in routes() if hasattr(view, "guard")}
    unknown = asked.keys() - set(Permission) - OTHER_GUARDS
    return [
        *(
            Error(f"/{asked[guard]} asks for “{guard}”, which is no permission.", id="accounts.E001")
            for guard in sorted(unknown)
        ),
        *(
            Error(f"The permission “{permission}” opens nothing: no view asks for it.", id="accounts.E002")
            for permission in Permission
            if permission not in asked
        ),
    ]


def roles_are_whole(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """No role holds a permission without those it is nothing without."""
    return [
        Error(f"The role “{role}” holds “{permission}” without “{needed}”.", id="accounts.E003")
        for role, held in roles.BUILT_IN.items()
        for permission in sorted(held)
        for needed in sorted(permission.needs - held)
    ]


def stored_permissions_are_known(
    app_configs: Any, *, databases: Sequence[str] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    """No role and no key that still opens something names a permission this version does not have.

    While migrations wait it is not asked: one of them may be what renames the permission.
    """
    if "default" not in (databases or ()) or _migrations_wait():
        return []
    return [
        Error(
            f"The {what} of the company {company} holds “{value}”, which is no permission.",
            hint="Run the version that knows it, or a migration that renames it.",
            id="accounts.E004",
        )
        for what, company, values in _stored()
        for value in sorted(set(values) - set(Permission))
    ]


def _stored() -> Iterator[tuple[str, str, list[str]]]:
    """What holds permissions, whose it is, and the values as they are stored."""
    roles_made = apps.get_model("accounts", "Role").objects.order_by("pk")
    for name, company, held, limited in roles_made.values_list("name", "company__name", "permissions", "limits"):
        yield f"role “{name}”", company, [*held, *limited]
    keys = apps.get_model("accounts", "ApiKey").objects.filter(revoked_at__isnull=True).order_by("pk")
    for name, company, held in keys.values_list("name", "company__name", "permissions"):
        yield f"API key “{name}”", company, held


def _migrations_wait() -> bool:
    executor = MigrationExecutor(connections["default"])
    return bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))
