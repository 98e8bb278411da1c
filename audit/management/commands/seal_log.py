import signal
import threading
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from audit.sealer import seal_until


class Command(BaseCommand):
    help = "Seal the logs, in a process of its own, until stopped. For a `worker --no-sealer` that has no key."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--pause", type=float, default=1.0, help="seconds between turns")

    def handle(self, *, pause: float, **options: Any) -> None:
        stopping = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stopping.set())
        seal_until(stopping, pause)
