import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from accounts.actions import approval_rules
from accounts.models import Company
from audit.actors import Actor


class Command(BaseCommand):
    help = "Let nothing wait for a second person in a company in which nobody is left who could agree."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("company", help="the name of the company")
        parser.add_argument("--yes", action="store_true", help="do not ask whether it is meant")

    def handle(self, *, company: str, yes: bool, **options: Any) -> None:
        found = list(Company.objects.filter(name=company))
        if len(found) != 1:
            raise CommandError(f"There are {len(found)} companies called {company}. Check the name.")
        if not yes:
            self._confirm(found[0])
        approval_rules.drop_all(company=found[0], by=Actor.operator("drop_approval_rules"), at=timezone.now())
        self.stdout.write(f"Nothing waits for a second person in {company} any more. Its administrators get a letter.")

    def _confirm(self, company: Company) -> None:
        if not sys.stdin.isatty():
            raise CommandError("There is nobody to ask whether this is meant. Add --yes.")
        self.stdout.write(f"From now on one person alone does in {company} whatever waited for a second one.")
        if input("Type yes to go on: ").strip().lower() != "yes":
            raise CommandError("Nothing was changed.")
