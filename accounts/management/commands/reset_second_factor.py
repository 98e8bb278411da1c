import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from accounts.actions import factor_resets
from accounts.models import User
from accounts.models.user import normalise_email
from audit.actors import Actor


class Command(BaseCommand):
    help = "Remove every second factor of a person who lost them and has no other administrator to ask."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email", help="the e-mail address the person signs in with")
        parser.add_argument("--yes", action="store_true", help="do not ask whether it is meant")

    def handle(self, *, email: str, yes: bool, **options: Any) -> None:
        user = User.objects.filter(email=normalise_email(email)).first()
        if user is None:
            raise CommandError(f"Nobody signs in with {email}. Check the address.")
        if not yes:
            self._confirm(user)
        factor_resets.carry_out_now(user=user, by=Actor.operator("reset_second_factor"), at=timezone.now())
        password = "a new password, chosen by mail," if user.locked_at else "the password alone"
        self.stdout.write(f"{user} starts afresh: {password} signs in, and a letter says so to {user.email}.")

    def _confirm(self, user: User) -> None:
        if not sys.stdin.isatty():
            raise CommandError("There is nobody to ask whether this is meant. Add --yes.")
        self.stdout.write(f"This removes the authenticator apps, passkeys and recovery codes of {user} ({user.email})")
        self.stdout.write("and ends their sessions. Be sure that it is they who asked.")
        if input("Type yes to go on: ").strip().lower() != "yes":
            raise CommandError("Nothing was changed.")
