"""What was refused to a person who is signed in, or to an API key of theirs."""

from datetime import datetime

from django.db import transaction

from accounts.models import Company, User
from accounts.queries.memberships import home_company_id
from audit import log
from audit.actors import Actor
from audit.registry import EventType
from security import ratelimit


@transaction.atomic
def note(
    event: EventType, *, user: User, company: Company | None, route: str, page: str, by: Actor, at: datetime
) -> None:
    """Keep that a page was refused or not found, once a minute however often it is asked for."""
    if not ratelimit.take(ratelimit.NOTE_OF_REFUSED_ACCESS, by.id, route, at=at):
        return
    log.record(
        event,
        target=user,
        by=by,
        at=at,
        company_id=company.pk if company else home_company_id(user),
        outcome="refused",
        page=page,
        route=route,
    )
