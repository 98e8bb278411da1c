"""The one process beside the web: runs queued tasks and what is scheduled, until it is told to stop.

Several may run, on several hosts: a task is claimed under a row lock, a schedule by moving its next time.
"""

import logging
import signal
import threading
from types import FrameType

from django.db import close_old_connections, connection
from django.db.utils import InterfaceError, OperationalError
from django.utils import timezone
from django.utils.crypto import get_random_string
from django_tasks_db.models import DBTaskResult
from django_tasks_db.utils import exclusive_transaction, is_locked_database_exception

from invoiced import retries, schedules

logger = logging.getLogger(__name__)

AT_A_STRETCH = 20


class Worker:
    def __init__(self, pause: float) -> None:
        self.pause = pause
        self.name = get_random_string(16)
        self.stopping = threading.Event()
        self.has_begun = False

    def stop_on_signals(self) -> None:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)

    def run(self) -> None:
        """Work until told to stop; what is being done is finished first. A database that is away is waited for."""
        logger.info("worker %s started", self.name)
        while not self.stopping.is_set():
            close_old_connections()
            try:
                is_idle = self.run_some()
            except (OperationalError, InterfaceError):
                logger.exception("worker %s: the database does not answer", self.name)
                connection.close()
                is_idle = True
            if is_idle:
                self.stopping.wait(self.pause)
        logger.info("worker %s stopped", self.name)

    def run_some(self) -> bool:
        """Run what is scheduled and the next few tasks; whether nothing is left to do."""
        if not self.has_begun:
            schedules.begin(timezone.now())
            self.has_begun = True
        schedules.run_due(timezone.now(), self.stopping.is_set)
        return any(self.stopping.is_set() or not self.run_one() for _ in range(AT_A_STRETCH))

    def run_one(self) -> bool:
        """Run the next task, if there is one."""
        claimed = self._claim()
        if claimed is None:
            return False
        try:
            result = claimed.task.call(*claimed.args_kwargs["args"], **claimed.args_kwargs["kwargs"])
        except Exception as failure:
            retries.again(claimed, failure, timezone.now())
        else:
            claimed.set_successful(result)
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
