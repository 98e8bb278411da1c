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
    try:
        last, _, before = signed_before()
        # A clock that was set back never dates a place before what was signed without it.
        placed, aside = place_waiting(max([at, *([last.signed_at] if last else []), *(one.at for one in before)]))
        publish(at)
    except (CannotSeal, Contradiction, KeyLost, BadTile) as problem:
        _note(at, str(problem))
        return 0
    _note(at, str(aside))
    return placed


def _note(at: datetime, problem: str) -> None:
    """Keep that the sealer is alive, and what is wrong since when. Nothing is written while little has changed."""
    known = SealerState.objects.filter(pk=1).first()
    if known and known.problem == problem and timedelta(0) <= at - known.seen_at < NOTED_EVERY:
        return
    if problem and not (known and known.problem == problem):
        logger.error("the log is not sealed: %s", problem)
    since = known.problem_since if known and known.problem else at
    SealerState.objects.update_or_create(
        pk=1, defaults={"seen_at": at, "problem": problem, "problem_since": since if problem else None}
    )
