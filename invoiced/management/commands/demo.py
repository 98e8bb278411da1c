from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from invoiced.demo import first_start, serving, signposts, story


class Command(BaseCommand):
    help = "Make the demo company, once, and serve it until stopped."

    def add_arguments(self, parser: CommandParser) -> None:
        first_start.add_arguments(parser)
        parser.add_argument("--only-make", action="store_true", help="make the company and stop")

    def handle(self, *, only_make: bool, **options: Any) -> None:
        host, _, port = settings.LISTEN.rpartition(":")
        address = (host, int(port))
        if not only_make and serving.is_taken(address):
            raise CommandError(f"Something listens on port {address[1]} already. Choose another: make demo PORT=8123")
        call_command("migrate", verbosity=0)
        call_command("collectstatic", verbosity=0, interactive=False)
        signs = self._signs(settings.DATA_DIR / "demo.json")
        if only_make:
            return
        told = signposts.lines(signs, mail=getattr(settings, "EMAIL_FILE_PATH", None))
        if serving.serve(settings.DATA_DIR, address, lambda: self.stdout.write("\n".join(told))):
            raise CommandError("The web server or the worker ended by itself. What it said stands above.")

    def _signs(self, path: Path) -> dict[str, Any]:
        if story.exists() and path.exists():
            return signposts.move(path, settings.SITE_URL)
        if story.exists():
            raise CommandError(f"{path} is gone, and with it the sign-ins. Start with an empty --data-dir.")
        self.stdout.write("Making the demo company, once. This takes up to a minute.")
        return signposts.write(path, settings.SITE_URL, story.tell(timezone.now()))
