from django.db import models
from django_scopes import ScopedManager

from audit.models.entry import LOGS
from security.ids import uuid7

LONGEST_NAME = 80
CHOICES = [(code, log.log_title) for code, log in LOGS.items()]


class SavedView(models.Model):
    """Filters of a log that a member gave a name: theirs alone, or for everybody who may read that log."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    company_id = models.UUIDField()
    user_id = models.UUIDField()
    log = models.CharField(max_length=8, choices=CHOICES)
    name = models.CharField(max_length=LONGEST_NAME)
    query = models.TextField(blank=True)
    is_shared = models.BooleanField(default=False)
    made_at = models.DateTimeField()

    objects = ScopedManager(company="company_id")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["company_id", "user_id", "log", "name"], name="saved_view_name_once"),
        ]

    def __str__(self) -> str:
        return self.name


class Export(models.Model):
    """A download of a log, and how far it has come.

    `rows` is how many there are, where counting them is cheap; `moved_at` when it was last known to move.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    company_id = models.UUIDField()
    user_id = models.UUIDField()
    log = models.CharField(max_length=8, choices=CHOICES)
    format = models.CharField(max_length=8, choices=[("csv", "CSV"), ("jsonl", "JSON Lines"), ("pdf", "PDF")])
    query = models.TextField(blank=True)
    started_at = models.DateTimeField()
    rows = models.BigIntegerField(null=True)
    rows_done = models.BigIntegerField(default=0)
    moved_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    broken_off_at = models.DateTimeField(null=True)

    objects = ScopedManager(company="company_id")

    class Meta:
        indexes = [models.Index(fields=["company_id", "user_id", "id"], name="export_by_user")]

    def __str__(self) -> str:
        return f"{self.log} log as {self.format}"
