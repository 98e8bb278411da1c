from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from invoiced.worker import Worker


class Command(BaseCommand):
    help = "Send mail, ask payment providers and run what is scheduled, until stopped."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--pause", type=float, default=1.0, help="seconds between looks when there is nothing to do"
        )

    def handle(self, *, pause: float, **options: Any) -> None:
        worker = Worker(pause)
        worker.stop_on_signals()
        worker.run()
