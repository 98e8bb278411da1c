"""How long a company keeps what the entries of its logs say, and erasing what is older."""

import logging
from datetime import datetime

from django.db import transaction

from accounts import events
from accounts.actions import granting
from accounts.errors import LogSettingRefused
from accounts.models import Company, Membership
from accounts.permissions import Permission
from audit import log, retention
from audit.actions import erasing
from audit.actors import Actor
from audit.models import LogSettings
from audit.models.settings import LONGEST_MONTHS, SHORTEST_MONTHS

logger = logging.getLogger(__name__)

HIDDEN = "You see only some of the customers, so you cannot decide about the logs of all. Ask an administrator."


def decider(membership: Membership) -> Company:
    """The company of a member who may decide about its logs at this moment, under its lock."""
    if granting.holder(membership, Permission.SECURITY_EDIT).is_restricted:
        raise LogSettingRefused(HIDDEN)
    return membership.company


@transaction.atomic
def change(*, membership: Membership, months: int, by: Actor, at: datetime) -> int:
    """Keep what entries say for so many months, counted from the next night on; how many it was before."""
    company = decider(membership)
    if not SHORTEST_MONTHS <= months <= LONGEST_MONTHS:
        raise LogSettingRefused(f"Choose from {SHORTEST_MONTHS} to {LONGEST_MONTHS} months.")
    before = retention.kept_months(company.pk)
    if months != before:
        LogSettings.objects.update_or_create(company_id=company.pk, defaults={"kept_months": months})
        changes = {"kept_months": [before, months]}
        log.record(events.LOG_RETENTION_CHANGED, target=company, by=by, at=at, changes=changes)
    return before


def erase_due(at: datetime) -> None:
    """Erase what each company does not keep any longer, and what belongs to none after the longest time.

    What goes wrong with one does not keep the others; what is too much for one turn waits for the next.
    """
    for company in Company.objects.order_by("pk"):
        try:
            until = retention.kept_since(at, retention.kept_months(company.pk), company.time_zone)
            erasing.erase_old(company_id=company.pk, until=until, at=at)
        except Exception:
            logger.exception("old entries of company %s could not be erased", company.pk)
    erasing.erase_old(company_id=None, until=retention.kept_since(at, LONGEST_MONTHS, "UTC"), at=at)
