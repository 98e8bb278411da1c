"""The one process beside the web: runs queued tasks and what is scheduled, until it is told to stop.

Several may run, on several hosts: a task is claimed under a row lock, a schedule by moving its next time.
"""

import datetime
import logging
import signal
import threading
from types import FrameType

from django.db import close_old_connections
from django.db.utils import OperationalError
from django.utils import timezone
from django.utils.crypto import get_random_string
from django_tasks import TaskResultStatus
from django_tasks_db.models import DBTaskResult
from django_tasks_db.utils import exclusive_transaction, is_locked_database_exception

from billing.emails import NotDelivered
from billing.errors import GatewayUnavailable
from invoiced import schedules

logger = logging.getLogger(__name__)

TRIES = 10
FIRST_PAUSE = datetime.timedelta(seconds=15)
LONGEST_PAUSE = datetime.timedelta(hours=2)
EXPECTED = (NotDelivered, GatewayUnavailable)


class Worker:
    def __init__(self, pause: float) -> None:
        self.pause = pause
        self.name = get_random_string(16)
        self.stopping = threading.Event()

    def stop_on_signals(self) -> None:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)

    def run(self) -> None:
        """Work until told to stop; what is being done is finished first."""
        logger.info("worker %s started", self.name)
        while not self.stopping.is_set():
            close_old_connections()
            schedules.run_due(timezone.now())
            while not self.stopping.is_set() and self.run_one():
                pass
            self.stopping.wait(self.pause)
        logger.info("worker %s stopped", self.name)

    def run_one(self) -> bool:
        """Run the next task, if there is one."""
        queued = self._claim()
        if queued is None:
            return False
        try:
            result = queued.task.call(*queued.args_kwargs["args"], **queued.args_kwargs["kwargs"])
        except Exception as failure:
            again(queued, failure, timezone.now())
        else:
            queued.set_successful(result)
        return True

    def _claim(self) -> DBTaskResult | None:
        if not DBTaskResult.objects.ready().exists():
            return None
        try:
            with exclusive_transaction():
                queued = DBTaskResult.objects.ready().get_locked()
                if queued is not None:
                    queued.claim(self.name)
                return queued
        except OperationalError as failure:
            if is_locked_database_exception(failure):
                return None
            raise

    def _stop(self, number: int, frame: FrameType | None) -> None:
        self.stopping.set()


def again(queued: DBTaskResult, failure: Exception, at: datetime.datetime) -> None:
    """Put a task that failed back for later, each time for longer; after the last try it stays failed."""
    tries = len(queued.worker_ids)
    if isinstance(failure, EXPECTED):
        logger.warning("task %s, try %d: %s", queued.task_path, tries, failure)
    else:
        logger.exception("task %s, try %d failed", queued.task_path, tries, exc_info=failure)
    if tries >= TRIES:
        queued.set_failed(failure)
        return
    queued.status = TaskResultStatus.READY
    queued.run_after = at + min(FIRST_PAUSE * 2 ** (tries - 1), LONGEST_PAUSE)
    queued.started_at = None
    queued.save(update_fields=["status", "run_after", "started_at"])
