from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from audit.actions import log_keys
from audit.actors import Actor
from audit.errors import AuditError


class Command(BaseCommand):
    help = "Make a new key that signs the log. The old one signs the hand-over, and is destroyed when both have signed."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--lost", action="store_true", help="the old key is gone, so the new one signs alone")

    def handle(self, *, lost: bool, **options: Any) -> None:
        try:
            key = log_keys.replace(is_lost=lost, by=Actor.operator("replace_log_key"), at=timezone.now())
        except AuditError as refusal:
            raise CommandError(str(refusal)) from None
        self.stdout.write(f"From now on the log is signed by {key.verifier_key}")
        self.stdout.write(f"Who checks the log sees the hand-over at {key.size} entries; tell them of the new key.")
