"""One valid thing each, for tests of the logs."""

from collections.abc import Iterable
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any
from uuid import UUID

from django.db import transaction

from audit import log
from audit.actors import Actor
from audit.models import Envelope
from audit.registry import EventType
from security.ids import uuid7

ADA = Actor(type="member", id="ada", label="Ada", session="s1", ip="192.0.2.7", user_agent="Browser", request_id="r1")
NOON = datetime(2026, 3, 12, 12, 0, tzinfo=UTC)


class Parcel:
    """Something that belongs to a company, and perhaps to a customer."""

    _meta = SimpleNamespace(model_name="parcel")

    def __init__(self, company_id: UUID | None, customer_id: UUID | None = None, label: str = "P-1") -> None:
        self.pk, self.company_id, self.customer_id, self.label = uuid7(), company_id, customer_id, label

    def __str__(self) -> str:
        return self.label


def recorded(event_type: EventType, target: Any, *, by: Actor = ADA, at: datetime = NOON, **details: Any) -> Envelope:
    with transaction.atomic():
        return log.record(event_type, target=target, by=by, at=at, **details)


def sentences(entries: Iterable[Envelope]) -> list[str]:
    return [str(entry) for entry in entries]
