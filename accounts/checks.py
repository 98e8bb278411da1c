"""What must be true of permissions before the first request is served."""

from typing import Any

from django.core.checks import CheckMessage, Error

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
