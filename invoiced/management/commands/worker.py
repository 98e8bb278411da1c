import threading
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from audit.sealer import seal_until
from audit.sender import send_until
from invoiced.worker import Worker


class Command(BaseCommand):
    help = "Send mail, ask payment providers, run what is scheduled, seal the logs and stream them, until stopped."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--pause", type=float, default=1.0, help="seconds between looks when there is nothing to do"
        )
        parser.add_argument(
            "--no-sealer", action="store_true", help="leave sealing the logs to `manage.py seal_log`, run elsewhere"
        )

    def handle(self, *, pause: float, no_sealer: bool, **options: Any) -> None:
        worker = Worker(pause)
        worker.stop_on_signals()
        sealer = threading.Thread(target=seal_until, args=[worker.stopping], name="sealer")
        sender = threading.Thread(target=send_until, args=[worker.stopping], name="sender")
        threads = [sender] if no_sealer else [sealer, sender]
        for thread in threads:
            thread.start()
        try:
            worker.run()
        finally:
            worker.stopping.set()
            for thread in threads:
                thread.join()
