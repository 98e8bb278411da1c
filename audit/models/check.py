from django.db import models


class Check(models.Model):
    """One check of the whole log against its signed checkpoints. A long one is done piece by piece.

    `size` is up to where it looks, `position` how far it came, `progress` what it needs to go on;
    each finding is {"what", "index", "entry", "at", "sentence"}.
    """

    class Outcome(models.TextChoices):
        RUNNING = "running", "Under way"
        PASSED = "passed", "Nothing found"
        FAILED = "failed", "Something was found"

    started_at = models.DateTimeField(db_index=True)
    finished_at = models.DateTimeField(null=True)
    size = models.BigIntegerField()
    position = models.BigIntegerField(default=0)
    progress = models.JSONField(default=dict)
    findings = models.JSONField(default=list)
    outcome = models.CharField(max_length=10, choices=Outcome, default=Outcome.RUNNING)

    def __str__(self) -> str:
        return f"check of {self.size} entries"
