"""Everything that changes a company's log stream. Delivering entries leaves no entry: it would never end."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from audit import events, log
from audit.actors import Actor
from audit.errors import StreamRefused
from audit.models import Stream
from audit.queries.streams import last_number
from security import destinations, keyring
from security.tokens import new_token

FINGERPRINT = "log_stream.url"
NO_STREAM = "There is no log stream any more. Set one up."
NO_FAILURE = {"failures": 0, "failure": "", "failing_since": None, "retry_at": None}
"""What a stream is set to where nothing has failed, so that it is tried again at once."""


@transaction.atomic
def set_up(*, company: Any, url: str, is_from_now: bool, by: Actor, at: datetime) -> tuple[Stream, str]:
    """Stream both logs of a company from their first entry or from now on, and the secret that is shown once."""
    destination = _destination(url)
    stream = Stream(
        company_id=company.pk,
        origin=destination.origin,
        url=str(destination),
        secret=new_token(),
        next_number=last_number(company.pk) + 1 if is_from_now else 1,
        made_at=at,
    )
    try:
        with transaction.atomic():
            stream.save(force_insert=True)
    except IntegrityError:
        raise StreamRefused("There is a log stream already. Change its address, or remove it first.") from None
    address = _fingerprint(stream.url)
    log.record(events.LOG_STREAM_MADE, target=stream, by=by, at=at, number=stream.next_number, address=address)
    return stream, stream.secret


@transaction.atomic
def change_address(*, company: Any, url: str, by: Actor, at: datetime) -> Stream:
    """Send what follows to another address. The log keeps its path as a fingerprint: it may be a secret."""
    stream, destination = _locked(company), _destination(url)
    if str(destination) == stream.url:
        return stream
    pairs = [(stream.origin, destination.origin), (_fingerprint(stream.url), _fingerprint(str(destination)))]
    changes = {name: list(pair) for name, pair in zip(("origin", "address"), pairs, strict=True)}
    stream.origin, stream.url = destination.origin, str(destination)
    _put(stream, "origin", "url", **NO_FAILURE)
    log.record(events.LOG_STREAM_CHANGED, target=stream, by=by, at=at, changes=changes)
    return stream


@transaction.atomic
def renew_secret(*, company: Any, by: Actor, at: datetime) -> tuple[Stream, str]:
    """Sign what follows with another secret, which is shown once; the old one signs nothing more."""
    stream = _locked(company)
    stream.secret = new_token()
    _put(stream, "secret", **NO_FAILURE)
    log.record(events.LOG_STREAM_SECRET_RENEWED, target=stream, by=by, at=at)
    return stream, stream.secret


@transaction.atomic
def note_test(*, company: Any, failure: str, by: Actor, at: datetime) -> None:
    """Keep that somebody sent a test, and what came of it."""
    log.record(
        events.LOG_STREAM_TESTED,
        target=_locked(company),
        by=by,
        at=at,
        outcome="failure" if failure else "success",
        result=failure or "it was acknowledged",
    )


@transaction.atomic
def pause(*, company: Any, by: Actor, at: datetime) -> Stream:
    """Send nothing more until it is resumed; nothing is lost meanwhile."""
    stream = _locked(company)
    if stream.paused_at is not None:
        raise StreamRefused("The log stream is paused already.")
    _put(stream, paused_at=at)
    log.record(events.LOG_STREAM_PAUSED, target=stream, by=by, at=at)
    return stream


@transaction.atomic
def resume(*, company: Any, number: int | None = None, by: Actor, at: datetime) -> Stream:
    """Go on from where it stopped, or from a chosen number on, be it for a second time."""
    stream = _locked(company)
    if stream.paused_at is None:
        raise StreamRefused("The log stream is not paused. Pause it before you choose where it goes on.")
    before, end = stream.next_number, last_number(company.pk) + 1
    if number is not None and not 1 <= number <= end:
        raise StreamRefused(f"Choose a number from 1 to {end:,}, the one that the next entry will have.")
    number = before if number is None else number
    _put(stream, next_number=number, paused_at=None, **NO_FAILURE)
    changes = {"next_number": [before, number]} if number != before else None
    log.record(events.LOG_STREAM_RESUMED, target=stream, by=by, at=at, number=number, changes=changes)
    return stream


@transaction.atomic
def remove(*, company: Any, by: Actor, at: datetime) -> None:
    """Stream nothing more, and forget the address and the secret."""
    stream = _locked(company)
    log.record(events.LOG_STREAM_REMOVED, target=stream, by=by, at=at)
    stream.delete()


@transaction.atomic
def give_up(*, stream_id: UUID, failure: str, by: Actor, at: datetime) -> bool:
    """Pause a stream that has failed for a day; whether it was not paused or removed meanwhile."""
    stream = Stream._base_manager.select_for_update().filter(pk=stream_id, paused_at__isnull=True).first()
    if stream is None:
        return False
    _put(stream, paused_at=at, failure=failure, retry_at=None)
    log.record(events.LOG_STREAM_FAILED, target=stream, by=by, at=at, outcome="failure", failure=failure)
    return True


def _locked(company: Any) -> Stream:
    stream = Stream.objects.select_for_update().filter(company_id=company.pk).first()
    if stream is None:
        raise StreamRefused(NO_STREAM)
    return stream


def _put(stream: Stream, *changed: str, **values: Any) -> None:
    for name, value in values.items():
        setattr(stream, name, value)
    stream.save(update_fields=[*changed, *values])


def _destination(url: str) -> destinations.Destination:
    try:
        return destinations.parse(url)
    except destinations.AddressRefused as refusal:
        raise StreamRefused(str(refusal)) from None


def _fingerprint(url: str) -> str:
    return keyring.fingerprint(url, FINGERPRINT)
