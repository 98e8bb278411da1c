"""Keys by which programs read a company's records."""

from datetime import datetime

from django.db import models

from accounts.models.company import Company
from accounts.models.grant import Restricted
from accounts.models.membership import Membership
from accounts.permissions import Permission
from accounts.roles import Rights
from security.ids import uuid7


class ApiKey(Restricted):
    """A key somebody made for a program. It may what it was made for and its maker may today, never more.

    Only the hash of the key is kept; `hint` is its beginning, by which people tell keys apart.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    company = models.ForeignKey(Company, on_delete=models.PROTECT, related_name="api_keys")
    membership = models.ForeignKey(Membership, on_delete=models.PROTECT, related_name="api_keys")
    name = models.CharField(max_length=60)
    hint = models.CharField(max_length=16)
    key_hash = models.CharField(max_length=64, unique=True)
    permissions = models.JSONField(default=list)
    created_at = models.DateTimeField(editable=False)
    expires_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True, editable=False)
    last_used_ip = models.GenericIPAddressField(null=True, editable=False)
    revoked_at = models.DateTimeField(null=True, editable=False)
    expiry_told_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        ordering = ["-created_at", "-id"]
        indexes = [models.Index(fields=["company", "-created_at", "-id"], name="api_key_newest")]

    def __str__(self) -> str:
        return self.name

    @property
    def asked(self) -> Rights:
        """What it was made for, whether or not its maker may still do that."""
        return Rights(frozenset(Permission.of(value) for value in self.permissions))

    @property
    def rights(self) -> Rights:
        """What it may do today: nothing its maker may not."""
        return self.asked.both(self.membership.rights)

    def is_live(self, at: datetime) -> bool:
        """Whether it opens anything: not revoked, not expired, its maker still a member."""
        return self.revoked_at is None and at < self.expires_at and self.membership.is_live
