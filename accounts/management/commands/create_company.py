import getpass
import secrets
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from accounts.actions import companies, members, users
from accounts.errors import AccountsError
from accounts.models import Company, User
from accounts.models.user import normalise_email
from audit.actors import Actor
from security.text import clean_text, validate_plain_text


class Command(BaseCommand):
    help = "Make a company and its first administrator."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", help="what the company is called")
        parser.add_argument("--time-zone", required=True, help="such as Europe/Berlin; decides when a day ends")
        parser.add_argument("--currency", required=True, help="what its invoices are in, such as EUR")
        parser.add_argument("--email", required=True, help="the first administrator's e-mail address")
        parser.add_argument("--person", required=True, help="the first administrator's name")
        parser.add_argument(
            "--generate-password", action="store_true", help="make up a password and print it instead of asking"
        )

    def handle(self, *, email: str, person: str, generate_password: bool, **options: Any) -> None:
        known = User.objects.filter(email=normalise_email(email)).first()
        password = None if known else _new_password(generate_password)
        try:
            company = _create(known, email, person, password, options)
        except ValidationError as refusal:
            raise CommandError(" ".join(refusal.messages)) from None
        except (AccountsError, ValueError) as refusal:
            raise CommandError(str(refusal)) from None
        self.stdout.write(f"Company {company} is ready; {email} is its administrator.")
        if generate_password and password:
            self.stdout.write(f"Password, shown only now: {password}")


@transaction.atomic
def _create(known: User | None, email: str, person: str, password: str | None, options: dict[str, Any]) -> Company:
    """The company with its administrator: somebody who has an account, or somebody new."""
    who_and_when: dict[str, Any] = {"by": Actor.operator("create_company"), "at": timezone.now()}
    company = companies.create(
        name=_plain(options["name"]),
        time_zone=options["time_zone"],
        currency=options["currency"],
        **who_and_when,
    )
    user = known or _new_user(email, _plain(person), password or "", company, who_and_when)
    members.add(company=company, user=user, role="administrator", **who_and_when)
    return company


def _new_user(email: str, name: str, password: str, company: Company, who_and_when: dict[str, Any]) -> User:
    user = User(email=email, name=name)
    user.clean_fields(exclude=["password", "created_at"])
    return users.create(email=email, name=name, password=password, about=[company.name], **who_and_when)


def _new_password(generate: bool) -> str:
    if generate:
        return secrets.token_urlsafe(18)
    if not sys.stdin.isatty():
        raise CommandError("There is nobody to ask for a password. Add --generate-password.")
    password = getpass.getpass("Password of the administrator: ")
    if password != getpass.getpass("The same again: "):
        raise CommandError("The two passwords differ. Run the command again.")
    return password


def _plain(text: str) -> str:
    validate_plain_text(text)
    return clean_text(text)
