import sys
from argparse import ArgumentParser
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from accounts.actions import ownership
from accounts.errors import AccountsError
from accounts.models import Company, Membership
from accounts.models.user import normalise_email
from audit.actors import Actor


class Command(BaseCommand):
    help = "Make an administrator the owner of a company whose owner cannot be reached."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--company", required=True, help="what the company is called, or its id")
        parser.add_argument("--to", required=True, help="the address with which the new owner signs in")
        parser.add_argument("--yes", action="store_true", help="do not ask whether it is meant")

    def handle(self, *, company: str, to: str, yes: bool, **options: Any) -> None:
        member = _member(_company(company), to)
        if not yes:
            self._confirm(member)
        try:
            ownership.hand_over(to=member, by=Actor.operator("hand_over_company"), at=timezone.now())
        except AccountsError as refusal:
            raise CommandError(str(refusal)) from None
        self.stdout.write(f"{member} owns {member.company}. A letter says so to all its administrators.")

    def _confirm(self, member: Membership) -> None:
        if not sys.stdin.isatty():
            raise CommandError("There is nobody to ask whether this is meant. Add --yes.")
        self.stdout.write(f"This makes {member} ({member.user.email}) the owner of {member.company}.")
        self.stdout.write("Be sure that the company wants it. All its administrators are told by letter.")
        if input("Type yes to go on: ").strip().lower() != "yes":
            raise CommandError("Nothing was changed.")


def _company(named: str) -> Company:
    """The one company of this name or with this id."""
    try:
        found = list(Company.objects.filter(pk=UUID(named)))
    except ValueError:
        found = list(Company.objects.filter(name=named).order_by("created_at", "pk"))
    if not found:
        raise CommandError(f"There is no company “{named}”. Check the name.")
    if len(found) > 1:
        ids = ", ".join(str(company.pk) for company in found)
        raise CommandError(f"Several companies are called “{named}”. Say which by its id: {ids}.")
    return found[0]


def _member(company: Company, email: str) -> Membership:
    members = Membership.objects.live().filter(company=company, user__email=normalise_email(email))
    member = members.select_related("user", "company").first()
    if member is None:
        raise CommandError(f"Nobody in {company} signs in with {email}. Check the address.")
    return member
