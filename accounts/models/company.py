"""The business that keeps its receivables here."""

import zoneinfo
from datetime import date, datetime

from django.core.exceptions import ValidationError
from django.db import models

from security.ids import uuid7

SHORTEST_IDLE_MINUTES, LONGEST_IDLE_MINUTES = 5, 15
SHORTEST_SESSION_HOURS, LONGEST_SESSION_HOURS = 1, 12
MOST_GRACE_DAYS = 60


def validate_time_zone(name: str) -> None:
    """A name of the IANA time zone list, such as Europe/Berlin."""
    if name not in zoneinfo.available_timezones():
        raise ValidationError(
            "“%(name)s” is not a time zone. Write one such as Europe/Berlin or America/New_York.",
            params={"name": name},
        )


class Company(models.Model):
    """The owner of every record. Its time zone decides which day it is, its policy how its members sign in.

    `policy_since` is when a factor was first demanded, `passkey_since` when a passkey was: from then
    on, or from their own joining if that was later, members have `grace_days` days to set one up.
    `approvals` names the kinds of acts that wait for a second person, each with the whole units by currency
    up to which they do not: {"write_off": {"EUR": 500}}.
    """

    class SecondFactor(models.TextChoices):
        OFF = "off", "Off"
        ADVISED = "advised", "Advised"
        REQUIRED = "required", "Required"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = models.CharField(max_length=120)
    time_zone = models.CharField(max_length=64, validators=[validate_time_zone])
    created_at = models.DateTimeField(editable=False)
    second_factor = models.CharField(max_length=10, choices=SecondFactor.choices, default=SecondFactor.ADVISED)
    passkey_for_administrators = models.BooleanField(default=False)
    grace_days = models.PositiveSmallIntegerField(default=7)
    policy_since = models.DateTimeField(null=True, editable=False)
    passkey_since = models.DateTimeField(null=True, editable=False)
    idle_minutes = models.PositiveSmallIntegerField(default=LONGEST_IDLE_MINUTES)
    session_hours = models.PositiveSmallIntegerField(default=LONGEST_SESSION_HOURS)
    approvals = models.JSONField(default=dict, blank=True)
    review_reminded_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        verbose_name_plural = "companies"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(
                    idle_minutes__range=(SHORTEST_IDLE_MINUTES, LONGEST_IDLE_MINUTES),
                    session_hours__range=(SHORTEST_SESSION_HOURS, LONGEST_SESSION_HOURS),
                ),
                name="company_sessions_end_within_our_limits",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def today(self, at: datetime) -> date:
        """The day on the company's calendar at an instant."""
        return at.astimezone(zoneinfo.ZoneInfo(self.time_zone)).date()
