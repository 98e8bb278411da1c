"""How often something may be tried. Counted in the database, so all processes and hosts share it."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from security.models import Tally


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `tries` within `period`; whoever uses them up waits one whole period from the last."""

    name: str
    tries: int
    period: timedelta


SIGN_IN = Limit("sign_in", tries=10, period=timedelta(minutes=30))
CONFIRM_PASSWORD = Limit("confirm_password", tries=10, period=timedelta(minutes=30))
PORTAL_LINK = Limit("portal_link", tries=60, period=timedelta(minutes=10))
SECOND_FACTOR = Limit("second_factor", tries=10, period=timedelta(minutes=30))
SECOND_FACTOR_FROM_ANYWHERE = Limit("second_factor_from_anywhere", tries=30, period=timedelta(minutes=30))
RECOVERY_CODE = Limit("recovery_code", tries=10, period=timedelta(minutes=30))
NOTE_OF_REFUSED_ACCESS = Limit("note_of_refused_access", tries=1, period=timedelta(minutes=1))


@transaction.atomic
def take(limit: Limit, *parts: str | None, at: datetime) -> bool:
    """Use up one try, before it is made, so that tries in parallel cannot pass the limit.

    A try during the wait is refused and does not make the wait longer.
    """
    _forget_expired(at)
    tally = _held(_key(limit, parts), at + limit.period)
    if tally.expires_at <= at:
        tally.count, tally.expires_at = 0, at + limit.period
    if tally.count >= limit.tries:
        return False
    tally.count += 1
    if tally.count == limit.tries:
        tally.expires_at = at + limit.period
    tally.save(update_fields=["count", "expires_at"])
    return True


def is_first_refusal(limit: Limit, *parts: str | None) -> bool:
    """Whether nobody asked this since the tries ran out: of many refusals in one wait, one is worth an entry."""
    ran_out = Tally.objects.filter(key=_key(limit, parts), count=limit.tries)
    return bool(ran_out.update(count=limit.tries + 1))


def clear(limit: Limit, *parts: str | None) -> None:
    """Forget the tries so far, once one has succeeded."""
    Tally.objects.filter(key=_key(limit, parts)).delete()


def _held(key: str, expires_at: datetime) -> Tally:
    """The row of a key, there and locked after one statement, whatever other requests do to it meanwhile."""
    Tally.objects.bulk_create(
        [Tally(key=key, expires_at=expires_at)], update_conflicts=True, unique_fields=["key"], update_fields=["key"]
    )
    return Tally.objects.get(key=key)


def _forget_expired(at: datetime) -> None:
    """Drop what no longer counts. Rows that another request holds are left to it, so nobody waits in a circle."""
    expired = Tally.objects.select_for_update(skip_locked=True).filter(expires_at__lte=at)
    Tally.objects.filter(pk__in=list(expired.values_list("pk", flat=True))).delete()


def _key(limit: Limit, parts: tuple[str | None, ...]) -> str:
    text = "\x00".join([limit.name, *(part or "" for part in parts)])
    return hashlib.sha256(text.encode()).hexdigest()
