"""Tries to prove who one is. They are counted before they are judged, so guesses run out before secrets do.

A browser in which the person has signed in before has tries of its own: strangers can neither use them
up nor be helped by them. Passkeys cannot be guessed and are not counted.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from accounts import events, letters
from accounts.actions import mailed_links
from accounts.errors import TooManyTries
from accounts.models import MailedLink, User
from accounts.queries.memberships import home_company_id
from accounts.queries.sign_in import NOBODY
from audit import log
from audit.actors import Actor
from security import ratelimit
from security.ratelimit import Count, Limit

WAIT = timedelta(minutes=30)
UNLOCK_LASTS = timedelta(hours=1)
ACCOUNT_AND_SOURCE = Limit("sign_in", tries=10, period=WAIT)
ACCOUNT = Limit("sign_in_from_anywhere", tries=50, period=WAIT)
SOURCE = Limit("sign_in_as_anybody", tries=100, period=WAIT)
KNOWN_DEVICE = Limit("sign_in_in_known_browser", tries=10, period=WAIT)
CODES_A_DAY = Limit("codes_of_a_day", tries=100, period=timedelta(days=1))
CONFIRMATION = Limit("confirm_in_session", tries=10, period=WAIT)
CONFIRMATIONS = Limit("confirm_anywhere", tries=50, period=WAIT)
LOCKED_LETTER = Limit("locked_letter", tries=1, period=WAIT)
SEVERAL = User(id=UUID(int=0), name="several accounts")
REFUSAL = "Too many tries. Wait {minutes} minutes, then try again."


def at_sign_in(address: str, source: str, device_id: UUID | None) -> list[Count]:
    """What a try to sign in counts against: the known browser alone, or else source and account, together and each.

    The address is in its one spelling, so capitals buy no tries.
    """
    if device_id:
        return [KNOWN_DEVICE.of(str(device_id), account=address)]
    return [
        ACCOUNT_AND_SOURCE.of(address, source, account=address),
        ACCOUNT.of(address, account=address),
        SOURCE.of(source),
    ]


def in_session(user: User, by: Actor) -> list[Count]:
    """What a try to confirm something while signed in counts against: the session, and the account."""
    return [
        CONFIRMATION.of(str(user.pk), by.session, account=user.email),
        CONFIRMATIONS.of(str(user.pk), account=user.email),
    ]


def take(counts: Sequence[Count], *, user: User, by: Actor, at: datetime) -> None:
    """Use up one try, or refuse. The first refusal of a wait leaves an entry, and the person is told by letter."""
    spent = ratelimit.take_each(counts, at=at)
    if spent is None:
        return
    if ratelimit.is_first_refusal(spent):
        _tell(spent, user, by, at)
    raise TooManyTries(REFUSAL.format(minutes=_minutes(spent)))


def take_code(address: str, device_id: UUID | None, *, knows: bool, user: User, by: Actor, at: datetime) -> bool:
    """Use up one of the codes of a day, which count only with the right password; whether there was one left.

    Whoever has the password, many sources and time could come to a code by chance. They are not told that
    the day is over, for that would tell that the password was right; the person is, by letter. A right code
    is one of them too: nobody signs in that often.
    """
    count = CODES_A_DAY.of(str(knows), str(device_id), address, account=address)
    spent = ratelimit.take_each([count], at=at)
    if spent and knows and ratelimit.is_first_refusal(spent):
        _tell(spent, user, by, at)
    return spent is None


def succeeded(counts: Sequence[Count], *, taken_at: datetime) -> None:
    """Forget the failures before a success. What others can fail at too gets back this one try only."""
    own, *shared = counts
    ratelimit.clear(own)
    if shared:
        ratelimit.give_back(*shared, taken_at=taken_at)


def forget_tries(user: User) -> None:
    """Give a person all their tries back, wherever they were used up: after an unlock, or a new password by mail."""
    ratelimit.forget(user.email)


@transaction.atomic
def _tell(spent: Count, user: User, by: Actor, at: datetime) -> None:
    user = user if spent.account else SEVERAL
    log.record(
        events.TRIES_REFUSED,
        target=user,
        by=by,
        at=at,
        company_id=home_company_id(user),
        outcome="refused",
        minutes=_minutes(spent),
    )
    is_told = user.pk != NOBODY.pk and user.is_active and user.locked_at is None
    if is_told and ratelimit.take_each([LOCKED_LETTER.of(str(user.pk), account=user.email)], at=at) is None:
        link = mailed_links.create(MailedLink.Purpose.UNLOCK, user=user, at=at, lasts=UNLOCK_LASTS)
        letters.queue("locked", user=user, to=user.email, at=at, facts=letters.origin(by), link=link)


def _minutes(spent: Count) -> int:
    return int(spent.limit.period.total_seconds()) // 60
