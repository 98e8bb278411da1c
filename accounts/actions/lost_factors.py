"""Asking for a fresh start without the second factor: open to whoever typed the right password, and silent about it."""

from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django_tasks import task

from accounts import events, letters, locks
from accounts.actions import notices, tries
from accounts.models import FactorReset, User
from accounts.pending import Pending
from accounts.queries.factor_resets import company_to_ask, open_reset, other_administrators
from accounts.queries.memberships import home_company_id
from accounts.queries.sign_in import account_of
from audit import log
from audit.actors import Actor
from security.ratelimit import Limit

REQUESTS = Limit("lost_factor", tries=5, period=timedelta(hours=1))
NOBODY_TO_ASK = "There is no other administrator in any of this person's companies."


def ask_before_signing_in(*, pending: Pending, by: Actor, at: datetime) -> None:
    """Take the wish of whoever is about to sign in. A right password and a wrong one cost the same here:

    what follows from a right one is done by the worker.
    """
    account = account_of(pending.user_id, None)
    tries.take([REQUESTS.of(pending.source)], user=account.user, by=by, at=at)
    knows = account.is_open and constant_time_compare(pending.knows, account.user.get_session_auth_hash())
    pass_on.enqueue(str(account.user.pk) if knows else "", asdict(by))


@task()
def pass_on(user_id: str, by: dict[str, Any]) -> None:
    """What a right password leads to; nothing for a wrong one."""
    user = User.objects.filter(pk=user_id).first() if user_id else None
    if user:
        ask(user=user, by=Actor(**by), at=timezone.now())


@transaction.atomic
def ask(*, user: User, by: Actor, at: datetime) -> None:
    """Put the wish of a person to their administrators, and tell the person. Once is enough."""
    user = locks.user(user.pk)
    if not open_reset(user) and put_to_administrators("factor_reset_asked", user=user, by=by, at=at):
        notices.tell("factor_reset_wanted", user=user, by=by, at=at)


@transaction.atomic
def put_to_administrators(kind: str, *, user: User, by: Actor, at: datetime) -> bool:
    """Ask those of the person's first company that has another one, by a letter; whether there is anybody to ask.

    The caller holds the person. What was asked and is not over is not asked again.
    """
    if open_reset(user):
        return True
    company = company_to_ask(user)
    if company is None:
        _record(user, by, at, company_id=home_company_id(user), outcome="refused", reason=NOBODY_TO_ASK)
        return False
    FactorReset.objects.create(user=user, company=company, asked_at=at)
    _record(user, by, at, company_id=company.pk)
    facts = letters.origin(by) | {"person": str(user), "page": reverse("accounts:team")}
    for other in other_administrators(company, user):
        letters.queue(kind, user=other.user, to=other.user.email, at=at, facts=facts, company=company)
    return True


def _record(user: User, by: Actor, at: datetime, **details: Any) -> None:
    log.record(events.FACTOR_RESET_ASKED, target=user, by=by, at=at, **details)
