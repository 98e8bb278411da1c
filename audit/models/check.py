from django.db import models


class Check(models.Model):
    """One check of the whole log against its signed checkpoints, a long one done piece by piece; or a notice.

    A notice is of something that was found between the daily checks, such as files that were damaged and written again.
    `size` is up to where it looks, `position` how far it came, `progress` what it needs to go on, empty at its end;
    each finding is what `audit.verifying.findings.Finding` holds.
    """

    class Kind(models.TextChoices):
        DAILY = "daily", "Daily check"
        NOTICE = "notice", "Found between the checks"

    class Outcome(models.TextChoices):
        RUNNING = "running", "Under way"
        PASSED = "passed", "Nothing found"
        FAILED = "failed", "Something was found"

    kind = models.CharField(max_length=10, choices=Kind, default=Kind.DAILY)
    started_at = models.DateTimeField(db_index=True)
    finished_at = models.DateTimeField(null=True)
    size = models.BigIntegerField()
    position = models.BigIntegerField(default=0)
    progress = models.JSONField(default=dict)
    findings = models.JSONField(default=list)
    outcome = models.CharField(max_length=10, choices=Outcome, default=Outcome.RUNNING)

    def __str__(self) -> str:
        return f"{self.get_kind_display()}, {self.size} entries"
