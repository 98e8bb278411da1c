"""The sealer: gives entries their place in the tree, writes its tiles, signs its checkpoints.

Writers never wait for it: the database queues what they wrote, and it follows. It may be killed between any two
steps: a place is given in one transaction and is final (`audit.placing`), and what is published of the tree is made
again from the places (`audit.publishing`).
"""

import logging
from datetime import datetime, timedelta

from django.db import DatabaseError

from audit.errors import CannotSeal
from audit.log_keys import KeyLost
from audit.models import SealerState
from audit.placing import place_waiting
from audit.publishing import publish, signed_before
from audit.sealing_lock import only_one
from audit.signed import Contradiction
from audit.tiles import BadTile

logger = logging.getLogger(__name__)

NOTED_EVERY = timedelta(seconds=10)
CLOCK_BEHIND = timedelta(minutes=1)
"""A clock that lies further behind what was signed last is told of."""


def turn(at: datetime) -> int:
    """Seal and sign what there is; how many entries got their place. What goes wrong is kept where pages show it."""
    try:
        with only_one() as is_ours:
            return _turn(at) if is_ours else 0
    except OSError as error:
        _note(at, f"The files of the log cannot be written: {error.strerror or error}. Make room, or mend the disk.")
        return 0
    except DatabaseError:
        raise
    except Exception as error:
        logger.exception("a turn of the sealer failed")
        _note(at, f"The sealer failed ({type(error).__name__}: {error}). The log of the server says where.")
        return 0


def _turn(at: datetime) -> int:
    warning = ""
    try:
        last, _, before = signed_before()
        # A clock that was set back never dates a place before what was signed without it.
        latest = max([at, *([last.signed_at] if last else []), *(one.at for one in before)])
        warning = _about_clock(at, latest)
        placed, aside = place_waiting(latest)
        publish(at)
    except (CannotSeal, Contradiction, KeyLost, BadTile) as problem:
        _note(at, str(problem), warning)
        return 0
    _note(at, str(aside), " ".join(filter(None, [warning, aside.warning])))
    return placed


def _about_clock(at: datetime, latest: datetime) -> str:
    """What is wrong with a clock that lies behind what was signed last, and what to do; "" where it does not."""
    if latest - at <= CLOCK_BEHIND:
        return ""
    return (
        f"The clock of the sealer is behind what it signed last, at {latest:%Y-%m-%d %H:%M} UTC: it was set back, or "
        "was ahead before. Set it right. Entries are sealed all the same, with that time until the clock has passed it."
    )


def _note(at: datetime, problem: str, warning: str = "") -> None:
    """Keep that the sealer is alive, and what is wrong since when. Nothing is written while little has changed."""
    known = SealerState.objects.filter(pk=1).first() or SealerState(seen_at=at - NOTED_EVERY)
    if (known.problem, known.warning) == (problem, warning) and timedelta(0) <= at - known.seen_at < NOTED_EVERY:
        return
    if problem and known.problem != problem:
        logger.error("the log is not sealed: %s", problem)
    if warning and known.warning != warning:
        logger.warning("the log is sealed, but: %s", warning)
    since = known.problem_since if known.problem else at
    facts = {"seen_at": at, "problem": problem, "problem_since": since if problem else None, "warning": warning}
    SealerState.objects.update_or_create(pk=1, defaults=facts)
