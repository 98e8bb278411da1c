"""How the logs store values: as the very bytes that are hashed."""

import json
from typing import Any

from django.db import models

from audit.canonical import dumps

UNREADABLE = "unreadable"


class CanonicalJSONField(models.TextField):
    """Named values stored as canonical JSON text (RFC 8785), the same on every database."""

    def from_db_value(self, stored: Any, expression: Any, connection: Any) -> Any:
        """The value. What somebody put there that is none of ours comes under one name, so that pages can show it."""
        if stored is None:
            return None
        try:
            value = json.loads(stored)
        except (TypeError, ValueError, RecursionError):
            value = None
        return value if isinstance(value, dict) else {UNREADABLE: str(stored)}

    def get_prep_value(self, value: Any) -> str | None:
        return None if value is None else dumps(value)

    def to_python(self, value: Any) -> Any:
        return value

    def get_lookup(self, lookup_name: str) -> Any:
        """Searched as the text it is stored as."""
        return models.TextField().get_lookup(lookup_name)
