"""The passwords a person had before, as hashes, so that none of the last ones comes back."""

from django.conf import settings
from django.db import models

from security.ids import uuid7


class FormerPassword(models.Model):
    """A password that was replaced."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="former_passwords")
    password = models.CharField(max_length=128)
    replaced_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["user", "-replaced_at"], name="former_password_newest")]

    def __str__(self) -> str:
        return "Former password"
