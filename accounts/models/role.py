"""The roles a company makes for itself, beside the built-in ones."""

from typing import Any

from django.db import models
from django.db.models.functions import Lower

from accounts.models.company import Company
from accounts.permissions import Permission
from accounts.roles import Rights
from security.ids import uuid7


class Role(models.Model):
    """A set of permissions with a name. `limits` is {permission: {currency: whole units}} for one act."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    company = models.ForeignKey(Company, on_delete=models.PROTECT, related_name="roles")
    name = models.CharField(max_length=60)
    description = models.CharField(max_length=200, blank=True)
    permissions = models.JSONField(default=list)
    limits: Any = models.JSONField(default=dict)
    created_at = models.DateTimeField(editable=False)

    class Meta:
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint("company", Lower("name"), name="role_name_once_per_company"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def key(self) -> str:
        """What forms and addresses call it."""
        return str(self.pk)

    @property
    def rights(self) -> Rights:
        """What it gives. A stored value that is no permission raises ValueError: it is found at start."""
        permissions = frozenset(Permission.of(value) for value in self.permissions)
        return Rights(permissions, {Permission.of(value): dict(most) for value, most in self.limits.items()})
