from datetime import timedelta

from django.db import models
from django_scopes import ScopedManager

from security.fields import EncryptedField
from security.ids import uuid7

GIVEN_UP_AFTER = timedelta(hours=24)


class Follower(models.Model):
    """How far something of ours has read the sealed entries, in the order of the tree."""

    name = models.CharField(primary_key=True, max_length=40)
    next_index = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.name} at {self.next_index}"


class Stream(models.Model):
    """An https endpoint of a company that is sent its sealed entries, in the order of their numbers.

    `next_number` is the company's number of the first entry that was not acknowledged. `taken_until` keeps a second
    worker from sending at the same time. The path of the address is kept like a secret: with some services it is one.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    company_id = models.UUIDField(unique=True)
    origin = models.CharField(max_length=300)
    url = EncryptedField()
    secret = EncryptedField()
    next_number = models.BigIntegerField(default=1)
    made_at = models.DateTimeField()
    paused_at = models.DateTimeField(null=True)
    taken_until = models.DateTimeField(null=True)
    failures = models.PositiveIntegerField(default=0)
    failure = models.CharField(max_length=500, blank=True)
    failing_since = models.DateTimeField(null=True)
    retry_at = models.DateTimeField(null=True)
    delivered_at = models.DateTimeField(null=True)

    objects = ScopedManager(company="company_id")

    def __str__(self) -> str:
        return self.origin

    @property
    def was_given_up(self) -> bool:
        """Whether it paused itself, after a day of failures."""
        if self.paused_at is None or self.failing_since is None:
            return False
        return self.paused_at - self.failing_since >= GIVEN_UP_AFTER
