from django.db import models


class Witness(models.Model):
    """What is known of the witness at an address: how many entries it has cosigned, and what is wrong with it.

    `was_refused` says that it answered, and not with its signature on our checkpoint.
    """

    url = models.CharField(primary_key=True, max_length=500)
    size = models.BigIntegerField(default=0)
    post_at = models.DateTimeField()
    cosigned_at = models.DateTimeField(null=True)
    failure = models.CharField(max_length=500, blank=True)
    failing_since = models.DateTimeField(null=True)
    was_refused = models.BooleanField(default=False)

    def __str__(self) -> str:
        return self.url
