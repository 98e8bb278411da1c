from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from audit.tool import invoiced_log


class Command(BaseCommand):
    help = "Run a witness, which cosigns what a log signed if it continues what it signed before. It needs no database."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        invoiced_log.witness_arguments(parser)

    def handle(self, *, state: str, listen: str, log: list[str], name: str, **options: Any) -> None:
        try:
            invoiced_log.run_witness(state, listen, log, name)
        except (invoiced_log.Refused, OSError) as refusal:
            raise CommandError(str(refusal)) from None
