"""The daily check of the whole log, a few seconds of work at a time."""

import time
from dataclasses import asdict
from datetime import datetime, timedelta

from django.db.models import Q

from audit.models import Check, Checkpoint
from audit.sealing import leaf_count
from audit.verifying.check import Verification, begin

EVERY = timedelta(days=1)
AT_A_STRETCH = 5.0
"""Seconds of work in one call."""
KEPT = 100
"""Findings kept of one check; the rest is only counted."""


def start(at: datetime) -> None:
    """Begin a check of everything, a day after the last, once something has been signed."""
    made = Check.objects.exclude(progress={})
    if made.filter(Q(outcome=Check.Outcome.RUNNING) | Q(started_at__gt=at - EVERY)).exists():
        return
    if Checkpoint.objects.exists():
        Check.objects.create(started_at=at, size=leaf_count(), progress=begin())


def go_on(at: datetime, seconds: float = AT_A_STRETCH) -> None:
    """Do the next pieces of the check that is under way; another process may have done those before."""
    running = Check.objects.filter(outcome=Check.Outcome.RUNNING).order_by("pk").first()
    if running is None:
        return
    verification = Verification(running.progress)
    until = time.monotonic() + seconds
    while True:
        for finding in verification.go_on():
            _keep(running, asdict(finding))
        if verification.is_done or time.monotonic() >= until:
            break
    running.size, running.position = verification.size or running.size, verification.position
    if verification.is_done:
        running.finished_at = at
        running.outcome = _outcome(running)
    running.progress = verification.state
    running.save(update_fields=["progress", "size", "position", "findings", "finished_at", "outcome"])


def _keep(check: Check, finding: dict[str, object]) -> None:
    if len(check.findings) < KEPT:
        check.findings.append(finding)


def _outcome(check: Check) -> str:
    is_bad = any(not finding.get("is_warning") for finding in check.findings)
    return Check.Outcome.FAILED if is_bad else Check.Outcome.PASSED
