"""What other apps tell the logs about their records, at start-up: what hangs on which, and who the customers are."""

from collections.abc import Collection
from uuid import UUID

from django.db.models import Model

_parts: dict[str, list[tuple[type[Model], str]]] = {}
customers: list[tuple[type[Model], str]] = []
"""The model of the customers, which has a `name`, and the route that suggests some of them while somebody types."""


def declare_parts(object_type: str, *parts: tuple[type[Model], str]) -> None:
    """Say what hangs on objects of a type: models, each with its way to the object. Its history tells of them too."""
    _parts.setdefault(object_type, []).extend(parts)


def parts_of(object_type: str, object_id: UUID) -> dict[str, Collection[UUID]]:
    """The ids, by type, of what hangs on an object."""
    return {
        str(model._meta.model_name): set(model._base_manager.filter(**{way: object_id}).values_list("pk", flat=True))
        for model, way in _parts.get(object_type, [])
    }
