"""A browser's visit, known by a key that only its cookie holds. Members and customers have a table each."""

from datetime import datetime, timedelta

from django.db import models

from security.ids import uuid7
from security.tokens import token_hash
from security.user_agents import named


class Visit(models.Model):
    """One visit. Only the hash of its key is kept, so nobody who reads the table can take the visit over."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    key_hash = models.CharField(max_length=64, unique=True)
    ip = models.GenericIPAddressField(null=True)
    browser = models.CharField(max_length=40, default="")
    system = models.CharField(max_length=40, default="")
    started_at = models.DateTimeField()
    seen_at = models.DateTimeField(db_index=True)

    class Meta:
        abstract = True

    @property
    def device(self) -> str:
        """What the visitor looks at the product with, as far as the browser tells."""
        return named(self.browser, self.system)

    def ends_at(self, idle: timedelta, longest: timedelta) -> datetime:
        """When it ends unless another page is opened before."""
        return min(self.seen_at + idle, self.started_at + longest)


def key_hash(kind: str, key: str) -> str:
    """What is stored in place of a key. The kind is part of it: no key of one table opens a visit in another."""
    return token_hash(f"{kind}:{key}")
