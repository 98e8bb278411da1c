"""Delivering the sealed entries of a company to the endpoint it set up: in the order of their numbers, at least once.

A batch is acknowledged by any answer of 200 to 299, and only then is the next one sent. docs/log-stream.md.
"""

import hashlib
import hmac
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID

from django.db.models import Exists, F, OuterRef, Q

from audit.actions import streams
from audit.actors import Actor
from audit.lines import instant, line, missing, said
from audit.models import Leaf, Stream
from audit.models.stream import GIVEN_UP_AFTER
from audit.queries import entries_of, leaves_from
from security import outbound

logger = logging.getLogger(__name__)

MOST_ENTRIES, MOST_BYTES = 500, 1_000_000
TAKEN_FOR = timedelta(minutes=1)
"""Longer than any request lasts. What a worker that was killed had taken is free again after it."""
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=10), timedelta(hours=1)
AUTOMATION = Actor.automation("log_stream", "Log stream")
TEST_FORMAT = "invoiced-stream-test/1"
CONTENT_TYPE = "application/x-ndjson"


@dataclass(frozen=True, slots=True)
class Batch:
    """Consecutive entries of a company as they are sent, a line each."""

    first: int
    last: int
    body: bytes


class Undeliverable(Exception):
    """The entries cannot be sent as they should be; the text says why."""


def due(at: datetime) -> list[UUID]:
    """The streams that have something to deliver and may try now, the longest waiting first."""
    entries = Leaf.objects.filter(company_id=OuterRef("company_id"), number__gte=OuterRef("next_number"))
    ready = _free(at).filter(Q(retry_at__isnull=True) | Q(retry_at__lte=at), Exists(entries))
    return list(ready.order_by(F("delivered_at").asc(nulls_first=True), "pk").values_list("pk", flat=True))


def deliver(stream_id: UUID, at: datetime) -> bool:
    """Send the next batch of a stream that nobody else is sending; whether it was acknowledged."""
    if not _free(at).filter(pk=stream_id).update(taken_until=at + TAKEN_FOR):
        return False
    stream = Stream._base_manager.get(pk=stream_id)
    try:
        return _deliver_next(stream, at)
    finally:
        Stream._base_manager.filter(pk=stream_id, taken_until=stream.taken_until).update(taken_until=None)


def send_test(stream: Stream, at: datetime) -> str:
    """Send one signed line that is no entry; what went wrong, or nothing."""
    test = {"format": TEST_FORMAT, "stream": str(stream.pk), "at": instant(at)}
    named = {"Invoiced-Test": "1", "Idempotency-Key": f"{stream.pk}:test:{int(at.timestamp())}"}
    try:
        _send(stream, line(test).encode(), named, at)
    except (Undeliverable, outbound.OutboundError) as failure:
        return str(failure)
    return ""


def signature(secret: str, timestamp: int, body: bytes) -> str:
    """What Invoiced-Signature holds: HMAC-SHA256 over the time, a dot and the body."""
    signed = f"{timestamp}.".encode() + body
    return "v1=" + hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()


def next_batch(company_id: UUID, number: int) -> Batch | None:
    """The entries from a number on, at most 500 of them and, unless one alone is longer, a megabyte."""
    leaves = leaves_from(company_id, number, MOST_ENTRIES)
    found = [leaf for leaf, expected in zip(leaves, count(number), strict=False) if leaf.number == expected]
    if not found:
        if leaves:
            raise Undeliverable(f"Entry {number:,} has no place in the log. Run manage.py verify_audit_log.")
        return None
    body, last = b"", number - 1
    for one in _lines(found):
        if body and len(body) + len(one) > MOST_BYTES:
            break
        body, last = body + one, last + 1
    return Batch(number, last, body)


def _deliver_next(stream: Stream, at: datetime) -> bool:
    try:
        batch = next_batch(stream.company_id, stream.next_number)
        if batch is None:
            return False
        named = {
            "Invoiced-First": str(batch.first),
            "Invoiced-Last": str(batch.last),
            "Idempotency-Key": f"{stream.pk}:{batch.first}:{batch.last}",
        }
        _send(stream, batch.body, named, at)
    except (Undeliverable, outbound.OutboundError) as failure:
        _put_off(stream, str(failure), at)
        return False
    except Exception:
        logger.exception("stream %s could not be delivered", stream.pk)
        _put_off(stream, "Something of ours is wrong. Whoever runs this installation finds it in its log.", at)
        return False
    done = {"next_number": batch.last + 1, "delivered_at": at} | streams.NO_FAILURE
    return bool(_unchanged(stream).update(**done))


def _send(stream: Stream, body: bytes, named: dict[str, str], at: datetime) -> None:
    timestamp = int(at.timestamp())
    headers = named | {
        "Content-Type": CONTENT_TYPE,
        "Invoiced-Stream": str(stream.pk),
        "Invoiced-Timestamp": str(timestamp),
        "Invoiced-Signature": signature(stream.secret, timestamp, body),
    }
    answer = outbound.post(stream.url, body, headers)
    if 300 <= answer.status < 400:
        raise Undeliverable(f"{stream.origin} answered {answer.status}, a redirect. Redirects are not followed.")
    if not answer.is_success:
        raise Undeliverable(f"{stream.origin} answered {answer.status}. Only 200 to 299 acknowledges what was sent.")


def _put_off(stream: Stream, failure: str, at: datetime) -> None:
    """Try again after a pause that doubles each time; after a day of failures not before somebody resumes it."""
    since = stream.failing_since or at
    if at - since >= GIVEN_UP_AFTER and streams.give_up(stream_id=stream.pk, failure=failure, by=AUTOMATION, at=at):
        return
    pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** min(stream.failures, 10))
    _unchanged(stream).filter(paused_at__isnull=True).update(
        failures=stream.failures + 1, failure=failure, failing_since=since, retry_at=at + pause
    )


def _free(at: datetime) -> Any:
    """The streams that nobody paused and nobody is sending."""
    untaken = Q(taken_until__isnull=True) | Q(taken_until__lte=at)
    return Stream._base_manager.filter(untaken, paused_at__isnull=True)


def _unchanged(stream: Stream) -> Any:
    """The stream's row, unless somebody chose meanwhile where it goes on, or another worker took it over."""
    return Stream._base_manager.filter(pk=stream.pk, next_number=stream.next_number, taken_until=stream.taken_until)


def _lines(leaves: list[Leaf]) -> Iterator[bytes]:
    entries = {entry.place: entry for entry in entries_of(leaves)}
    for leaf in leaves:
        entry = entries.get(leaf)
        yield line(said(entry) if entry else missing(leaf)).encode()
