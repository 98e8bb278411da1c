"""Tries to prove who one is. They are counted before they are judged, so guesses run out before secrets do.

A browser in which the person has signed in before has tries of its own: strangers can neither use them
up nor be helped by them. Passkeys cannot be guessed and are not counted.

A mailed link gives the tries to sign in back. The codes of a day and the confirmations within sessions it
does not: who is asked for these has the password or a session already, and may have the mailbox too.
"""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from accounts import events
from accounts.actions import alarms
from accounts.errors import TooManyTries
from accounts.models import User
from accounts.queries.memberships import home_company_id
from accounts.queries.sign_in import NOBODY
from audit import log
from audit.actors import Actor
from security import ratelimit
from security.ratelimit import Count, Limit

WAIT = timedelta(minutes=30)
ACCOUNT_AND_SOURCE = Limit("sign_in", tries=10, period=WAIT)
ACCOUNT = Limit("sign_in_from_anywhere", tries=50, period=WAIT)
SOURCE = Limit("sign_in_as_anybody", tries=100, period=WAIT)
KNOWN_DEVICE = Limit("sign_in_in_known_browser", tries=10, period=WAIT)
CODES_A_DAY = Limit("codes_of_a_day", tries=100, period=timedelta(days=1))
CONFIRMATION = Limit("confirm_in_session", tries=10, period=WAIT)
CONFIRMATIONS = Limit("confirm_anywhere", tries=50, period=WAIT)
OF_ONE_ACCOUNT = {ACCOUNT_AND_SOURCE, ACCOUNT, KNOWN_DEVICE, CODES_A_DAY, CONFIRMATION, CONFIRMATIONS}
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
        CONFIRMATION.of(str(user.pk), by.session),
        CONFIRMATIONS.of(str(user.pk)),
    ]


def take(counts: Sequence[Count], *, user: User, by: Actor, at: datetime) -> None:
    """Use up one try, or refuse. The first refusal of a wait leaves an entry, and the person is told by letter."""
    spent = ratelimit.take_each(counts, at=at)
    if spent is None:
        return
    if ratelimit.is_first_refusal(spent):
        person = user if spent.limit in OF_ONE_ACCOUNT else SEVERAL
        _note(spent, person, by, at, owner=person)
    raise TooManyTries(REFUSAL.format(minutes=_minutes(spent)))


def take_code(address: str, device_id: UUID | None, *, knows: bool, user: User, by: Actor, at: datetime) -> bool:
    """Use up one of the codes of a day, which count only with the right password; whether there was one left.

    Whoever has the password, many sources and time could come to a code by chance. They are not told that
    the day is over, for that would tell that the password was right; the person is, by letter. A right code
    is one of them too: nobody signs in that often. With a wrong password it all costs the same.
    """
    spent = ratelimit.take_each([CODES_A_DAY.of(str(knows), str(device_id), address)], at=at)
    if spent and ratelimit.is_first_refusal(spent):
        _note(spent, user, by, at, owner=user if knows else NOBODY)
    return spent is None


def succeeded(counts: Sequence[Count], *, taken_at: datetime) -> None:
    """Forget the failures before a success. What others can fail at too gets back this one try only."""
    own, *shared = counts
    ratelimit.clear(own)
    if shared:
        ratelimit.give_back(*shared, taken_at=taken_at)


def forget_tries(user: User) -> None:
    """Give a person all their tries to sign in back, wherever they were used up: after an unlock, or a reset."""
    ratelimit.forget(user.email)


@transaction.atomic
def _note(spent: Count, user: User, by: Actor, at: datetime, *, owner: User) -> None:
    log.record(
        events.TRIES_REFUSED,
        target=user,
        by=by,
        at=at,
        company_id=home_company_id(user),
        outcome="refused",
        minutes=_minutes(spent),
    )
    alarms.out_of_tries.enqueue(str(owner.pk), bool(spent.account), asdict(by))


def _minutes(spent: Count) -> int:
    return int(spent.limit.period.total_seconds()) // 60
