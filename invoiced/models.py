from django.db import models


class Schedule(models.Model):
    """When something that runs by itself is next due. Whoever moves `next_run_at` first runs it."""

    name = models.CharField(primary_key=True, max_length=40)
    next_run_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name
