"""What must be true of the declarations before the first entry is shown."""

from typing import Any

from django.core.checks import CheckMessage, Error
from django.urls import NoReverseMatch

from audit import registry
from security.ids import uuid7


def every_link_leads_somewhere(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """The page declared for an object type is a route that takes an id."""
    return [
        Error(
            f'The page declared for "{object_type}" in the logs is not a route that takes an id alone.',
            hint="Correct its declare_link(object_type, url_name).",
            id="audit.E001",
        )
        for object_type in registry.linked_types()
        if not _resolves(object_type)
    ]


def _resolves(object_type: str) -> bool:
    try:
        registry.link(object_type, str(uuid7()))
    except NoReverseMatch:
        return False
    return True
