"""A log in which something is sealed, for tests of what is proved with it."""

from datetime import datetime, timedelta
from typing import Any

from audit import registry, sealing
from audit.models import Checkpoint, Envelope
from tests.audit import make

LATER = make.NOON + timedelta(seconds=7)


def kind(log: registry.Log = "billing") -> registry.EventType:
    """An event type of the tests' own."""
    code = f"{log}_shelf.filled"
    return registry.find(code) or registry.declare(code, "filled shelf {target}", log=log)


def entries(company_id: Any, count: int = 1, log: registry.Log = "billing", **details: Any) -> list[Envelope]:
    """So many entries that nobody sealed yet."""
    parcels = [make.Parcel(company_id, label=f"S-{number}") for number in range(count)]
    return [make.recorded(kind(log), parcel, **details) for parcel in parcels]


def seal(at: datetime = LATER) -> Checkpoint:
    """Seal what there is, and sign it unless that was done a moment before."""
    sealing.turn(at)
    return Checkpoint.objects.latest("pk")
