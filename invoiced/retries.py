"""What becomes of a task that failed or whose worker died: another try later, or the end."""

import datetime
import logging

from django_tasks import TaskResultStatus
from django_tasks_db.models import DBTaskResult

from accounts.mail import NotDelivered
from billing.errors import GatewayUnavailable

logger = logging.getLogger(__name__)

TRIES = 18
FIRST_PAUSE = datetime.timedelta(seconds=15)
LONGEST_PAUSE = datetime.timedelta(hours=6)
EXPECTED = (NotDelivered, GatewayUnavailable)


class WorkerDied(Exception):
    """The task was claimed, and nothing more was heard of it."""


def again(claimed: DBTaskResult, failure: Exception, at: datetime.datetime) -> None:
    """Put a task back for later, each time for longer; after the last try it stays failed."""
    tries = len(claimed.worker_ids)
    if isinstance(failure, EXPECTED):
        logger.warning("task %s, try %d: %s", claimed.task_path, tries, failure)
    else:
        logger.error("task %s, try %d failed", claimed.task_path, tries, exc_info=failure)
    if tries >= TRIES:
        claimed.set_failed(failure)
        return
    ours = DBTaskResult.objects.filter(pk=claimed.pk, status=TaskResultStatus.RUNNING, started_at=claimed.started_at)
    ours.update(status=TaskResultStatus.READY, run_after=at + pause_after(tries), started_at=None)


def pause_after(tries: int) -> datetime.timedelta:
    return min(FIRST_PAUSE * 2 ** (tries - 1), LONGEST_PAUSE)
