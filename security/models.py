from django.db import models

from security.ids import uuid7


class Tally(models.Model):
    """How many tries are left of a limit. Key and account are hashes: they name no account and no address.

    Below zero says that somebody was refused already in this wait.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    key = models.CharField(max_length=64, unique=True)
    account = models.CharField(max_length=64, default="", db_index=True)
    tries_left = models.IntegerField()
    expires_at = models.DateTimeField(db_index=True)

    class Meta:
        verbose_name_plural = "tallies"

    def __str__(self) -> str:
        return f"{max(self.tries_left, 0)} tries left"
