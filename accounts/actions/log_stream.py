"""What members do with the log stream of their company. What each act changes stands in `audit.actions.streams`."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from accounts.actions.log_retention import decider
from accounts.errors import LogSettingRefused
from accounts.models import Membership
from audit import streaming
from audit.actions import streams
from audit.actors import Actor
from audit.errors import StreamRefused
from audit.models import Stream
from security import ratelimit

TESTS = ratelimit.Limit("log_stream_test", tries=10, period=timedelta(minutes=10))


@transaction.atomic
def act(verb: Callable[..., Any], *, membership: Membership, by: Actor, at: datetime, **details: Any) -> Any:
    """Do one of `audit.actions.streams`, if the member may decide about the company's logs at this moment."""
    company = decider(membership)
    try:
        return verb(company=company, by=by, at=at, **details)
    except StreamRefused as refusal:
        raise LogSettingRefused(str(refusal)) from None


def send_test(*, membership: Membership, by: Actor, at: datetime) -> str:
    """Send a line that is no entry, ten times in ten minutes at most; what went wrong, or nothing.

    Nothing is locked while the endpoint is waited for.
    """
    with transaction.atomic():
        company = decider(membership)
    stream = Stream.objects.filter(company_id=company.pk).first()
    if stream is None:
        raise LogSettingRefused(streams.NO_STREAM)
    if not ratelimit.take(TESTS, str(company.pk), at=at):
        raise LogSettingRefused("This was tested ten times just now. Wait ten minutes.")
    failure = streaming.send_test(stream, at)
    act(streams.note_test, membership=membership, failure=failure, by=by, at=at)
    return failure
