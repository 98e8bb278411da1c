"""Erasing what the logs say about one person who asks for it. The web only asks; the worker may erase."""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django_tasks import task

from accounts import events
from accounts.actions.log_retention import decider
from accounts.errors import LogSettingRefused
from accounts.models import Membership
from accounts.queries.log_erasing import Person, extent, ids_of, ids_of_team
from audit import log
from audit.actions import erasing
from audit.actors import Actor


@transaction.atomic
def ask(*, membership: Membership, person: Person, reason: str, by: Actor, at: datetime) -> None:
    """Have erased what entries of over twelve months say about a person, never about a member.

    The entry about it names the person by their id alone.
    """
    company = decider(membership)
    if person.is_member_of(company):
        raise LogSettingRefused(f"{person} is a member of {company}. End the membership first.")
    found = extent(company, person, at)
    if not found.count and found.kept:
        raise LogSettingRefused(f"Whatever entries of over twelve months say about {person}, the team did. It stays.")
    if not found.count:
        raise LogSettingRefused(f"No entry of over twelve months says anything about {person}.")
    log.record(events.LOG_ERASING_ASKED, target=company, by=by, at=at, reason=reason, person=str(person.id))
    carry_out.enqueue(str(company.pk), ids_of(company, person))


@task()
def carry_out(company_id: str, ids: list[str]) -> None:
    """Erase one turn's worth, and come back for the rest."""
    team = ids_of_team(UUID(company_id))
    if erasing.erase_about(company_id=UUID(company_id), ids=ids, team=team, at=timezone.now()):
        carry_out.enqueue(company_id, ids)
