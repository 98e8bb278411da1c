"""The daily check of the whole log, a few seconds of work at a time."""

import logging
import time
from dataclasses import asdict
from datetime import datetime, timedelta

from django.db import DatabaseError
from django.db.models import Q

from audit import notices
from audit.models import Check, Checkpoint
from audit.placing import leaf_count
from audit.verifying.check import VERSION, Verification, begin

logger = logging.getLogger(__name__)

EVERY = timedelta(days=1)
CLOCKS_DIFFER_BY = timedelta(hours=1)
"""Those of two servers, or of one before and after it was set right, at most."""
AT_A_STRETCH = 5.0
"""Seconds of work in one call."""
KEPT = 100
"""Findings kept of one check for each company, and as many warnings: nobody's crowd out those of others."""


def start(at: datetime) -> None:
    """Begin a check of everything, a day after the last, once something has been signed."""
    is_begun = Q(outcome=Check.Outcome.RUNNING) | Q(started_at__gt=at - EVERY, started_at__lte=at + CLOCKS_DIFFER_BY)
    if Check.objects.filter(is_begun, kind=Check.Kind.DAILY).exists():
        return
    if Checkpoint.objects.exists():
        Check.objects.create(started_at=at, size=leaf_count(), progress=begin())


def go_on(at: datetime, seconds: float = AT_A_STRETCH) -> None:
    """Do the next pieces of the check that is under way; another process may have done those before.

    One that another version of the program began begins anew. One that cannot go on is given up, and counts as one
    that found something.
    """
    running = Check.objects.filter(kind=Check.Kind.DAILY, outcome=Check.Outcome.RUNNING).order_by("pk").first()
    if running is None:
        return
    if running.started_at > at + CLOCKS_DIFFER_BY:
        _give_up(running, "It bears a later time than now.", at)
        return
    try:
        _do_pieces(running, at, seconds)
    except DatabaseError:
        raise
    except Exception as error:
        logger.exception("the check of the log cannot go on")
        _give_up(running, f"{type(error).__name__}: {error}", at)


def tell(what: str, sentence: str, at: datetime) -> None:
    """Keep a notice of something that was found between the daily checks."""
    notices.keep(what, sentence, leaf_count(), at)


def _do_pieces(running: Check, at: datetime, seconds: float) -> None:
    if isinstance(running.progress, dict) and running.progress.get("version") != VERSION:
        running.progress, running.findings = begin(), []
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
    running.progress = {} if verification.is_done else verification.state
    running.save(update_fields=["progress", "size", "position", "findings", "finished_at", "outcome"])


def _give_up(running: Check, problem: str, at: datetime) -> None:
    sentence = f"The check could not go on and was given up ({problem}). Run manage.py verify_audit_log."
    running.findings = [{"what": "check_given_up", "sentence": sentence, "index": None, "company": ""}]
    running.finished_at, running.outcome, running.progress = at, Check.Outcome.FAILED, {}
    running.save(update_fields=["progress", "findings", "finished_at", "outcome"])


def _keep(check: Check, finding: dict[str, object]) -> None:
    if sum(_group(kept) == _group(finding) for kept in check.findings) < KEPT:
        check.findings.append(finding)


def _group(finding: dict[str, object]) -> tuple[object, bool]:
    return finding.get("company"), bool(finding.get("is_warning"))


def _outcome(check: Check) -> str:
    is_bad = any(not finding.get("is_warning") for finding in check.findings)
    return Check.Outcome.FAILED if is_bad else Check.Outcome.PASSED
