"""How the log of the installation stands: how far it is proved, who is behind, what was found."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import OperationalError

from audit.models import Check, Checkpoint, Leaf, SealerState, Waiting
from audit.spoiled import SPOILED, is_about_a_value
from audit.trouble import Trouble

LATE = timedelta(seconds=60)
UNCHECKED = timedelta(days=2)
NOTICED_FOR = timedelta(days=1)
"""So long what was found between two checks is trouble."""
COUNTED = 10_000
"""More than this many that wait are not counted."""
SHOWN = 20
"""Notices, at most."""
UNREADABLE = (
    "How the logs stand cannot be read: a value was put into the database that is none. "
    "Run manage.py verify_audit_log, and restore the database."
)


@dataclass(frozen=True, slots=True)
class LogState:
    """What is proved, and what keeps the rest. `unproved` stops at COUNTED + 1; `since` is when the oldest came.

    `finished` is the daily check that last came to its end, `checked_at` when that was; before the first, when the log
    was first signed. `notices` are of what was found between the checks within a day.
    """

    checkpoint: Checkpoint | None
    unproved: int
    since: datetime | None
    sealer: SealerState | None
    finished: Check | None
    running: Check | None
    notices: list[Check]
    checked_at: datetime | None
    at: datetime

    @property
    def size(self) -> int:
        return self.checkpoint.size if self.checkpoint else 0

    @property
    def behind(self) -> timedelta:
        """How long the oldest entry that is not proved has been waiting."""
        return max(self.at - self.since, timedelta(0)) if self.since else timedelta(0)

    @property
    def is_late(self) -> bool:
        return self.behind > LATE

    @property
    def is_silent(self) -> bool:
        """Whether the sealer has not been heard of while something waits for it."""
        return self.unproved > 0 and (self.at - self.sealer.seen_at > LATE if self.sealer else self.is_late)

    @property
    def problem(self) -> str:
        return self.sealer.problem if self.sealer else ""

    @property
    def warning(self) -> str:
        """What is wrong while entries are sealed all the same."""
        return self.sealer.warning if self.sealer else ""


def state_of_the_log(at: datetime) -> LogState:
    """How the log stands at an instant. A row that bears a later time than that says nothing."""
    checkpoint = Checkpoint.objects.order_by("-pk").first()
    size = checkpoint.size if checkpoint else 0
    waiting = Waiting.objects.all()[: COUNTED + 1].count()
    unsigned = Leaf.objects.filter(index__gte=size)[: COUNTED + 1].count()
    checks = Check.objects.defer("progress")
    daily = checks.filter(kind=Check.Kind.DAILY).order_by("-finished_at", "-pk")
    finished = daily.exclude(outcome=Check.Outcome.RUNNING).filter(finished_at__lte=at).first()
    notices = checks.filter(kind=Check.Kind.NOTICE, finished_at__lte=at, finished_at__gt=at - NOTICED_FOR)
    return LogState(
        checkpoint=checkpoint,
        unproved=min(waiting + unsigned, COUNTED + 1),
        since=_oldest_unproved(size),
        sealer=SealerState.objects.filter(pk=1).first(),
        finished=finished,
        running=daily.filter(outcome=Check.Outcome.RUNNING).first(),
        notices=list(notices.order_by("-finished_at", "-pk")[:SHOWN]),
        checked_at=finished.finished_at if finished else _first_signed(),
        at=at,
    )


def trouble(at: datetime) -> list[Trouble]:
    """What everybody who relies on the log should hear of; that a spoiled value hides it is trouble as well."""
    try:
        state = state_of_the_log(at)
    except (*SPOILED, OperationalError) as error:
        if not is_about_a_value(error):
            raise
        return [Trouble("verification_failed", "unreadable", UNREADABLE)]
    warned = [Trouble("sealer_late", "warning", state.warning)] if state.warning else []
    return [*_sealer_trouble(state), *warned, *_check_trouble(state)]


def _sealer_trouble(state: LogState) -> list[Trouble]:
    if state.problem:
        return [Trouble("sealer_late", "problem", f"New entries of the logs are not sealed. {state.problem}")]
    if state.is_silent:
        sentence = "Entries wait to be sealed, and the sealer has not been heard of. See that the worker runs."
        return [Trouble("sealer_late", "silent", sentence)]
    if state.is_late:
        sentence = f"Entries have waited for their seal for {int(state.behind.total_seconds())} seconds."
        return [Trouble("sealer_late", "late", sentence)]
    return []


def _check_trouble(state: LogState) -> list[Trouble]:
    found = [Trouble("verification_failed", f"check {notice.pk}", _noticed(notice)) for notice in state.notices]
    if state.finished and state.finished.outcome == Check.Outcome.FAILED:
        ended_at = state.finished.finished_at or state.finished.started_at
        sentence = (
            f"The check of the logs that ended on {ended_at:%Y-%m-%d at %H:%M} UTC found something "
            "that is not as it was sealed. See the page Proof of the logs."
        )
        found.append(Trouble("verification_failed", f"check {state.finished.pk}", sentence))
    if state.checked_at and state.at - state.checked_at > UNCHECKED:
        sentence = (
            f"No check of the logs has come to its end since {state.checked_at:%Y-%m-%d at %H:%M} UTC. "
            "See that the worker runs, and run manage.py verify_audit_log."
        )
        found.append(Trouble("verification_failed", "unfinished", sentence))
    return found


def _noticed(notice: Check) -> str:
    return " ".join(str(finding.get("sentence", "")) for finding in notice.findings)


def _first_signed() -> datetime | None:
    return Checkpoint.objects.order_by("pk").values_list("signed_at", flat=True).first()


def _oldest_unproved(size: int) -> datetime | None:
    """Since when the oldest entry waits that no checkpoint covers yet: by times that no writer chooses."""
    placed = Leaf.objects.filter(index__gte=size).order_by("index").values_list("sealed_at", flat=True).first()
    queued = Waiting.objects.order_by("position").values_list("queued_at", flat=True).first()
    return min((one for one in (placed, queued) if one), default=None)
