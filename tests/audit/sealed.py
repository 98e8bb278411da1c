"""A log in which something is sealed, for tests of what is proved with it."""

from datetime import timedelta
from typing import Any

from audit import sealing
from audit.models import Checkpoint, Envelope
from audit.notes import parse_verifier
from audit.registry import declare
from tests.audit import make

LATER = make.NOON + timedelta(seconds=7)


def entries(company_id: Any, count: int = 1, log: str = "billing", **details: Any) -> list[Envelope]:
    """So many entries of a kind of their own, which nobody sealed yet."""
    shelved = declare(f"{log}_shelf.filled", "filled shelf {target}", log=log)  # type: ignore[arg-type]
    return [make.recorded(shelved, make.Parcel(company_id, label=f"S-{number}"), **details) for number in range(count)]


def seal(at: Any = LATER) -> Checkpoint:
    """Seal and sign what there is."""
    sealing.turn(at)
    checkpoint = Checkpoint.objects.order_by("-pk").first()
    assert checkpoint
    return checkpoint


def cosigned(checkpoint: Checkpoint, line: str, witness: str) -> None:
    parse_verifier(witness)
    checkpoint.cosignatures.create(witness=witness, line=line, at=LATER)
