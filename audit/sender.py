"""What leaves the installation as it happens, beside the worker: streams of the logs, and checkpoints for the witness.

Each stream has a thread for as long as it has something to send, so that a slow endpoint keeps nobody else waiting. A
thread that ends in the middle loses nothing: what was not acknowledged is sent again.
"""

import logging
import threading
import time
from collections.abc import Callable
from functools import partial
from uuid import UUID

from django.db import close_old_connections, connection
from django.db.utils import InterfaceError, OperationalError
from django.utils import timezone

from audit import streaming, witnessing

logger = logging.getLogger(__name__)

MOST_AT_ONCE = 8
BATCHES_AT_A_STRETCH = 20
WAITED_FOR_AT_THE_END = 5.0


class Sender:
    """Knows what is under way."""

    def __init__(self, stopping: threading.Event) -> None:
        self.stopping = stopping
        self.under_way: dict[UUID | str, threading.Thread] = {}

    def start_due(self) -> None:
        """Start what is due and not under way. It is not waited for."""
        self.under_way = {name: thread for name, thread in self.under_way.items() if thread.is_alive()}
        at = timezone.now()
        if "witness" not in self.under_way and witnessing.is_due(at):
            self._start("witness", lambda: witnessing.turn(timezone.now()))
        for stream_id in streaming.due(at):
            if stream_id not in self.under_way and len(self.under_way) < MOST_AT_ONCE:
                self._start(stream_id, partial(self._deliver, stream_id))

    def finish(self, seconds: float) -> None:
        """Wait for what is under way, so long at most."""
        end = time.monotonic() + seconds
        for thread in self.under_way.values():
            thread.join(max(0.0, end - time.monotonic()))

    def _deliver(self, stream_id: UUID) -> None:
        for _ in range(BATCHES_AT_A_STRETCH):
            if self.stopping.is_set() or not streaming.deliver(stream_id, timezone.now()):
                return

    def _start(self, name: UUID | str, act: Callable[[], object]) -> None:
        self.under_way[name] = threading.Thread(target=_alone, args=[name, act], name=f"send {name}", daemon=True)
        self.under_way[name].start()


def send_until(stopping: threading.Event, pause: float = 1.0) -> None:
    """Send what is due, every `pause` seconds, until told to stop. Nothing that goes wrong ends it."""
    logger.info("the sender started")
    sender = Sender(stopping)
    while not stopping.is_set():
        close_old_connections()
        try:
            sender.start_due()
        except (OperationalError, InterfaceError):
            logger.exception("the sender: the database does not answer")
            connection.close()
        except Exception:
            logger.exception("the sender: a turn failed")
        stopping.wait(pause)
    sender.finish(WAITED_FOR_AT_THE_END)
    connection.close()
    logger.info("the sender stopped")


def _alone(name: UUID | str, act: Callable[[], object]) -> None:
    """In a thread of its own, with a connection to the database of its own."""
    try:
        act()
    except Exception:
        logger.exception("the sender: %s failed", name)
    finally:
        connection.close()
