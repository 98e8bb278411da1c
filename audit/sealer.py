"""The sealer as it runs: turn after turn, in a thread of the worker or in a process of its own."""

import logging
import threading

from django.db import close_old_connections, connection
from django.db.utils import InterfaceError, OperationalError
from django.utils import timezone

from audit import sealing
from audit.placing import AT_A_TURN

logger = logging.getLogger(__name__)


def seal_until(stopping: threading.Event, pause: float = 1.0) -> None:
    """Seal what waits, every `pause` seconds and at once while a turn leaves some, until told to stop.

    Nothing that goes wrong ends it.
    """
    logger.info("the sealer started")
    while not stopping.is_set():
        close_old_connections()
        try:
            if sealing.turn(timezone.now()) >= AT_A_TURN:
                continue
        except (OperationalError, InterfaceError):
            logger.exception("the sealer: the database does not answer")
            connection.close()
        except Exception:
            logger.exception("the sealer: a turn failed")
        stopping.wait(pause)
    connection.close()
    logger.info("the sealer stopped")
