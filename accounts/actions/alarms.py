"""Letters that warn the owner of an account of somebody who may be guessing their way in.

The worker decides and writes: a request does the same whether there is an owner to write to or nobody.
"""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django_tasks import task

from accounts import letters
from accounts.actions import mailed_links, notices
from accounts.models import MailedLink, User
from accounts.queries.sign_in import account_of
from audit.actors import Actor
from security import ratelimit
from security.ratelimit import Limit

DAY = timedelta(days=1)
UNLOCK_LASTS = timedelta(hours=1)
WAIT_LETTER = Limit("letter_of_a_wait", tries=1, period=timedelta(minutes=30))
WAIT_LETTERS = Limit("letters_of_waits", tries=3, period=DAY)
SECOND_STEP_LETTER = Limit("second_step_letter", tries=1, period=DAY)


@task()
@transaction.atomic
def out_of_tries(user_id: str, can_be_lifted: bool, by: dict[str, Any]) -> None:
    """Tell of a wait, with a link that lifts it if a link can. One attack is one letter, and a day has three.

    The graver letter is counted apart: nobody keeps it back by causing waits that any stranger can cause.
    """
    user, at, actor = _owner(user_id), timezone.now(), Actor(**by)
    counts = [limit.of(user_id, str(can_be_lifted)) for limit in (WAIT_LETTER, WAIT_LETTERS)]
    if user is None or ratelimit.take_each(counts, at=at):
        return
    if not can_be_lifted:
        notices.tell("wait_inside", user=user, by=actor, at=at)
        return
    link = mailed_links.create(MailedLink.Purpose.UNLOCK, user=user, at=at, lasts=UNLOCK_LASTS)
    letters.queue("locked", user=user, to=user.email, at=at, facts=letters.origin(actor), link=link)


@task()
@transaction.atomic
def second_step_failed(user_id: str, by: dict[str, Any]) -> None:
    """Tell, once a day, that somebody has the password and not the second factor."""
    user, at = _owner(user_id), timezone.now()
    if user and ratelimit.take(SECOND_STEP_LETTER, user_id, at=at):
        notices.tell("second_step_failed", user=user, by=Actor(**by), at=at)


def _owner(user_id: str) -> User | None:
    """Who to write to: nobody, if the account does not exist, is closed, or is locked already."""
    account = account_of(UUID(user_id), None)
    return account.user if account.is_open else None
