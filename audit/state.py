"""How the log of the installation stands: how far it is proved, who is behind, what was found."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import DataError

from audit.log import LOGS
from audit.models import Check, Checkpoint, Leaf, SealerState, Waiting

LATE = timedelta(seconds=60)
UNCHECKED = timedelta(days=2)
COUNTED = 10_000
"""More than this many that wait are not counted."""


@dataclass(frozen=True, slots=True)
class LogState:
    """What is proved, and what keeps the rest. `unproved` stops at COUNTED + 1; `since` is when the oldest came.

    `checked_at` is when a daily check last came to its end; before the first has, when the log was first signed.
    """

    checkpoint: Checkpoint | None
    unproved: int
    since: datetime | None
    sealer: SealerState | None
    finished: Check | None
    running: Check | None
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


def state_of_the_log(at: datetime) -> LogState:
    """How the log stands at an instant."""
    checkpoint = Checkpoint.objects.order_by("-pk").first()
    size = checkpoint.size if checkpoint else 0
    waiting = Waiting.objects.all()[: COUNTED + 1].count()
    unsigned = Leaf.objects.filter(index__gte=size)[: COUNTED + 1].count()
    checks = Check.objects.order_by("-pk")
    return LogState(
        checkpoint=checkpoint,
        unproved=min(waiting + unsigned, COUNTED + 1),
        since=_oldest_unproved(size),
        sealer=SealerState.objects.filter(pk=1).first(),
        finished=checks.exclude(outcome=Check.Outcome.RUNNING).first(),
        running=checks.filter(outcome=Check.Outcome.RUNNING).first(),
        checked_at=_checked_at(at),
        at=at,
    )


def trouble(at: datetime) -> list[tuple[str, str, str]]:
    """What everybody who relies on the log should hear of: the kind of alert, its cause, and a sentence."""
    state = state_of_the_log(at)
    return [*_sealer_trouble(state), *_check_trouble(state)]


def _sealer_trouble(state: LogState) -> list[tuple[str, str, str]]:
    if state.problem:
        return [("sealer_late", "problem", f"New entries of the logs are not sealed. {state.problem}")]
    if state.is_silent:
        sentence = "Entries wait to be sealed, and the sealer has not been heard of. See that the worker runs."
        return [("sealer_late", "silent", sentence)]
    if state.is_late:
        sentence = f"Entries have waited for their seal for {int(state.behind.total_seconds())} seconds."
        return [("sealer_late", "late", sentence)]
    return []


def _check_trouble(state: LogState) -> list[tuple[str, str, str]]:
    found: list[tuple[str, str, str]] = []
    if state.finished and state.finished.outcome == Check.Outcome.FAILED:
        ended_at = state.finished.finished_at or state.finished.started_at
        sentence = (
            f"The check of the logs that ended on {ended_at:%Y-%m-%d at %H:%M} UTC found something "
            "that is not as it was sealed. See the page Proof of the logs."
        )
        found.append(("verification_failed", f"check {state.finished.pk}", sentence))
    if state.checked_at and state.at - state.checked_at > UNCHECKED:
        sentence = (
            f"No check of the logs has come to its end since {state.checked_at:%Y-%m-%d at %H:%M} UTC. "
            "See that the worker runs, and run manage.py verify_audit_log."
        )
        found.append(("verification_failed", "unfinished", sentence))
    return found


def _checked_at(at: datetime) -> datetime | None:
    """Since when no daily check has come to its end. A row that bears a later time than now says nothing."""
    ended = Check.objects.exclude(progress={}).exclude(outcome=Check.Outcome.RUNNING).filter(finished_at__lte=at)
    last = ended.order_by("-finished_at").values_list("finished_at", flat=True).first()
    return last or Checkpoint.objects.order_by("pk").values_list("signed_at", flat=True).first()


def _oldest_unproved(size: int) -> datetime | None:
    """When the oldest entry was written that no checkpoint covers yet; None where its time cannot be read."""
    unsigned = Leaf.objects.filter(index__gte=size).order_by("index").values_list("log", "entry_id").first()
    first = unsigned or Waiting.objects.order_by("position").values_list("log", "entry_id").first()
    if first is None:
        return None
    log, entry_id = first
    if log not in LOGS:
        return None
    try:
        written: Any = LOGS[log]._base_manager.filter(pk=entry_id).values_list("at", flat=True).first()
    except (TypeError, ValueError, DataError):
        return None
    return written
