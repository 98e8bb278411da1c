"""Raising alerts, telling who has to know, and dealing with them."""

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from django.db import DatabaseError, transaction

from accounts import events, letters
from accounts.actions import granting
from accounts.alert_kinds import AlertKind, Often, find, kinds_about
from accounts.errors import AlertRefused
from accounts.models import Alert, AlertSettings, Company, Membership
from accounts.permissions import Permission
from accounts.queries.alerts import (
    is_of,
    is_off,
    settings_of,
    told_addresses,
    told_members,
    troubles_noted,
    was_alerted,
)
from accounts.queries.followed_entries import batch_from, concerned, how_often, place_of
from accounts.scoping import in_company
from audit import log
from audit.actions import checks
from audit.actors import Actor
from audit.models import Envelope, Follower
from audit.placing import leaf_count
from audit.trouble import Trouble

logger = logging.getLogger(__name__)

FOLLOWER = "alerts"
STALE = timedelta(days=7)
"""An entry that is sealed so late alerts nobody: the first seal of an old log would tell of years."""
LONGEST = 500
MEANWHILE = "Somebody has dealt with this alert in the meantime."
COMES_AND_GOES = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Occasion:
    """What one entry calls for: an alert with this cause and sentence."""

    kind: AlertKind
    cause: str
    sentence: str


def follow(*, by: Actor, at: datetime) -> int:
    """Raise what the next batch of sealed entries calls for; how many were read, 0 where none are new.

    Alerts, letters and the place where to go on stand or fall together: whoever is killed in between leaves
    nothing, and of two at once one does nothing.
    """
    start = place_of(FOLLOWER)
    batch = batch_from(start, STALE)
    if not batch.size:
        end = leaf_count()
        if start > end:
            _set_back(start, end, at)
        return 0
    with transaction.atomic():
        Follower.objects.get_or_create(pk=FOLLOWER)
        if not Follower.objects.filter(pk=FOLLOWER, next_index=start).update(next_index=batch.next_index):
            return 0
        for entry in batch.entries:
            for kind in kinds_about(entry.action):
                _judge(kind, entry, by, at)
    return batch.size


@transaction.atomic
def tell_of_trouble(*, company: Company, troubles: Iterable[Trouble], by: Actor, at: datetime) -> None:
    """Alert a company, once as long as it goes on, of what is wrong with the log now, and note what is over.

    This reads nothing that is sealed: it works while sealing does not.
    """
    with in_company(company):
        going_on = list(troubles_noted(company))
        for trouble in troubles:
            known = [alert for alert in going_on if alert.kind == trouble.kind and is_of(alert, trouble.cause)]
            going_on = [alert for alert in going_on if alert not in known]
            if not known:
                _raise_trouble(company, trouble, by, at)
        for alert in going_on:
            _note_end(alert, by, at)


@transaction.atomic
def deal_with(*, alert: Alert, membership: Membership, by: Actor, at: datetime) -> Alert:
    """Take an alert off the list of what is open: somebody looked at it."""
    granting.granter(membership, Permission.SECURITY_EDIT)
    open_one = Alert.objects.filter(pk=alert.pk, seen_at__isnull=True)
    if not open_one.update(seen_at=at, seen_by=membership.user_id):
        raise AlertRefused(MEANWHILE)
    alert.refresh_from_db()
    log.record(events.ALERT_DEALT_WITH, target=alert, by=by, at=at, kind=alert.kind)
    return alert


@transaction.atomic
def _set_back(start: int, end: int, at: datetime) -> None:
    """Whoever moves the place beyond the end of the log keeps entries from alerting: that is told of, and undone."""
    if Follower.objects.filter(pk=FOLLOWER, next_index=start).update(next_index=end):
        sentence = (
            f"The alerts had read up to place {start:,}, and the log has {end:,}: somebody moved it at the database. "
            "They go on from the end; look through the latest entries yourself."
        )
        checks.tell("follower_moved", sentence, at)


def _judge(kind: AlertKind, entry: Envelope, by: Actor, at: datetime) -> None:
    """Alert the companies that an entry concerns, if it calls for it. One that cannot be read does not keep others."""
    try:
        with transaction.atomic():
            for company in Company.objects.filter(pk__in=concerned(kind, entry)).order_by("pk"):
                with in_company(company):
                    occasion = _occasion(kind, entry, company)
                    if occasion:
                        _raise(company, occasion, entry, by, at)
    except DatabaseError:
        raise
    except Exception:
        logger.exception("entry %s could not be judged as %s", entry.pk, kind.code)


def _occasion(kind: AlertKind, entry: Envelope, company: Company) -> Occasion | None:
    if kind.matches(entry):
        return Occasion(kind, str(entry.pk), str(entry))
    return _too_often(kind, kind.often, entry, company) if kind.often else None


def _too_often(kind: AlertKind, often: Often, entry: Envelope, company: Company) -> Occasion | None:
    """An alert about an actor, or else an address, unless one was raised about them lately."""
    for who, name in _whose(often, entry):
        times = how_often(kind, often, entry, who)
        if times >= often.least:
            cause = sha256(repr(who).encode()).hexdigest()[:32]
            if was_alerted(company, kind, cause, entry.at - often.quiet):
                return None
            minutes = int(often.within.total_seconds()) // 60
            sentence = often.sentence.format(who=name, times=times, minutes=minutes)
            return Occasion(kind, f"{cause}.{entry.pk.hex}", sentence)
    return None


def _whose(often: Often, entry: Envelope) -> list[tuple[dict[str, str], str]]:
    """Whom an entry is counted for: its actor and, where that counts, its address; each with their name."""
    whose = [({"actor_id": entry.actor_id}, entry.actor_name)] if entry.actor_id else []
    if often.by_address and entry.ip:
        whose.append(({"ip": entry.ip}, f"Somebody at {entry.ip}"))
    return whose


def _raise(company: Company, occasion: Occasion, entry: Envelope | None, by: Actor, at: datetime) -> None:
    """One alert, one entry and the letters about it; nothing if the kind is off or this cause was alerted of.

    An entry of another company's log is not pointed to.
    """
    kind, settings = occasion.kind, settings_of(company)
    if is_off(kind, settings):
        return
    shown = entry if entry and entry.company_id == company.pk else None
    facts = {"sentence": occasion.sentence[:LONGEST], "at": entry.at if entry else at}
    if shown:
        facts |= {"entry_id": shown.pk, "log": shown.log}
    alert, is_new = Alert.objects.get_or_create(company=company, kind=kind.code, cause=occasion.cause, defaults=facts)
    if is_new:
        log.record(events.ALERT_RAISED, target=alert, by=by, at=at, kind=kind.code, entry=str(alert.entry_id or ""))
        _tell(company, kind, alert, settings, at)


def _tell(company: Company, kind: AlertKind, alert: Alert, settings: AlertSettings, at: datetime) -> None:
    """A letter to each administrator, and to each address the company named beside them."""
    facts = {"alert": kind.name, "sentence": alert.sentence, "happened": alert.at.isoformat()}
    members = told_members(company)
    for one in members:
        letters.queue("alert", user=one.user, to=one.user.email, company=company, at=at, facts=facts)
    for address in told_addresses(settings, members):
        letters.queue("alert_to_address", user=None, to=address, company=company, at=at, facts=facts)


def _raise_trouble(company: Company, trouble: Trouble, by: Actor, at: datetime) -> None:
    """An alert about it, unless one was raised lately: what comes and goes is told of once an hour."""
    kind = find(trouble.kind)
    if kind and not was_alerted(company, kind, f"{trouble.cause}.", at - COMES_AND_GOES):
        _raise(company, Occasion(kind, f"{trouble.cause}.{at.isoformat()}", trouble.sentence), None, by, at)


def _note_end(alert: Alert, by: Actor, at: datetime) -> None:
    """Note that a trouble is over. What a check found stands all the same until somebody has dealt with it."""
    kind = find(alert.kind)
    alert.over_at = at
    if kind and kind.ends_by_itself:
        alert.seen_at = alert.seen_at or at
    alert.save(update_fields=["over_at", "seen_at"])
    log.record(events.ALERT_ENDED, target=alert, by=by, at=at, kind=alert.kind)
