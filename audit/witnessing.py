"""Showing our checkpoints to a witness, who signs that the log only ever grew: c2sp.org/tlog-witness.

The witness keeps the largest tree it has seen. Were we to sign another history, it would not sign that, and whoever
asks for its signature would notice.
"""

import base64
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.db.models import QuerySet

from audit.merkle import consistency_proof
from audit.models import Checkpoint, Cosignature, Witness
from audit.notes import BadNote, Verifier, opened, parse_verifier, split
from audit.tiles import BadTile, Tiles, tile_folder
from audit.trouble import Trouble
from security import outbound

POSTED_EVERY = timedelta(seconds=5)
TRIED_AGAIN_AFTER = timedelta(seconds=30)
TOLD_AFTER = timedelta(hours=1)
CLOCKS_DIFFER_BY = timedelta(minutes=5)
SIZE = re.compile(r"(0|[1-9][0-9]{0,17})\n")
KIND = "witness_unreachable"
REFUSALS = {
    403: "does not trust the key of this log: give it the key at /log/keys",
    404: "does not know this log: give it the key at /log/keys",
    422: "says that this log is not the one it has seen before: run manage.py verify_audit_log, and ask it what it saw",
}


@dataclass(frozen=True, slots=True)
class Standing:
    """How the witness stands: what it signed last, how many entries the log signed since, and what goes wrong."""

    name: str
    signed: int
    signed_at: datetime | None
    behind: int
    failure: str
    failing_since: datetime | None
    was_refused: bool


class Unreachable(Exception):
    """The witness could not be asked; the text says why."""


class AskedAgain(Unreachable):
    """The witness said from which size on it wants the proof."""


class Refused(Exception):
    """The witness answered, and not with its signature on our checkpoint; the text says what is wrong."""


def is_due(at: datetime) -> bool:
    """Whether there is a checkpoint that the witness has not signed, and it may be asked now."""
    return bool(settings.WITNESS_URL) and _may_post(at) and _unsigned() is not None


def turn(at: datetime) -> bool:
    """Post the latest checkpoint to the witness unless it has signed it; whether it did. Of two workers, one posts."""
    if not settings.WITNESS_URL or (checkpoint := _unsigned()) is None:
        return False
    Witness.objects.get_or_create(url=settings.WITNESS_URL, defaults={"post_at": at})
    if not _row().filter(post_at__lte=at).update(post_at=at + POSTED_EVERY):
        return False
    try:
        line, signed_at = _cosigned(checkpoint, at)
    except (Unreachable, Refused, outbound.OutboundError) as failure:
        _note_failure(failure, at)
    else:
        witness = _verifier().name
        Cosignature.objects.get_or_create(
            checkpoint=checkpoint, witness=witness, defaults={"line": line, "at": signed_at}
        )
        well = {"failure": "", "failing_since": None, "was_refused": False}
        _row().update(size=checkpoint.size, cosigned_at=at, **well)
        return True
    return False


def standing() -> Standing | None:
    """How our witness stands; None where there is none."""
    if not settings.WITNESS_URL:
        return None
    name, asked = _verifier().name, _row().first() or Witness()
    last = signed_by(name).first()
    signed = last.checkpoint.size if last else 0
    size = Checkpoint.objects.order_by("-pk").values_list("size", flat=True).first() or 0
    return Standing(
        name=name,
        signed=signed,
        signed_at=last.at if last else None,
        behind=max(size - signed, 0),
        failure=asked.failure,
        failing_since=asked.failing_since,
        was_refused=asked.was_refused,
    )


def signed_by(witness: str) -> QuerySet[Cosignature]:
    """What a witness signed, the latest checkpoint first."""
    signed = Cosignature.objects.filter(witness=witness)
    return signed.select_related("checkpoint").order_by("-checkpoint_id")


def trouble(at: datetime) -> list[Trouble]:
    """What to alert about: a refusal at once, an hour without an answer otherwise."""
    witness = _row().exclude(failing_since=None).first() if settings.WITNESS_URL else None
    if witness is None or witness.failing_since is None:
        return []
    if not witness.was_refused and at - witness.failing_since < TOLD_AFTER:
        return []
    since = f"{witness.failing_since:%Y-%m-%d %H:%M} UTC"
    sentence = f"The witness has signed nothing since {since}. {witness.failure} Entries are sealed all the same."
    return [Trouble(KIND, f"witness since {since}", sentence)]


def _cosigned(checkpoint: Checkpoint, at: datetime) -> tuple[str, datetime]:
    """The witness's signature line on a checkpoint, and when it signed. Raises Refused, Unreachable, OutboundError."""
    known = _row().get().size
    body = _request(known, checkpoint)
    answer = outbound.post(f"{settings.WITNESS_URL}/add-checkpoint", body, {"Content-Type": "text/plain"})
    if answer.status == 409:
        _learn_size(known, answer.body)
    if answer.status in REFUSALS:
        raise Refused(f"The witness {REFUSALS[answer.status]}.")
    if answer.status != 200:
        raise Unreachable(f"The witness answered {answer.status}.")
    return _signature(checkpoint, answer.body, at)


def _request(known: int, checkpoint: Checkpoint) -> bytes:
    """The body of add-checkpoint: the size the witness knows, the proof from there, and the checkpoint."""
    if known > checkpoint.size:
        raise Refused(
            f"The witness has signed {known:,} entries, and the log has {checkpoint.size:,}. If it was restored from "
            "an earlier copy, entries are missing: run manage.py verify_audit_log."
        )
    try:
        proof = consistency_proof(known, checkpoint.size, Tiles(tile_folder(), checkpoint.size).node)
    except (BadTile, OSError):
        raise Unreachable("The tiles of the log cannot be read: run manage.py verify_audit_log.") from None
    hashes = "".join(base64.b64encode(one).decode() + "\n" for one in proof)
    return f"old {known}\n{hashes}\n{checkpoint.note}".encode()


def _learn_size(known: int, body: bytes) -> None:
    """Keep what the witness says it knows. The next post begins there."""
    found = SIZE.fullmatch(body.decode("ascii", "replace"))
    if not found or int(found.group(1)) == known:
        raise Refused("The witness answered that it knows another size, and did not say which.")
    _row().update(size=int(found.group(1)))
    raise AskedAgain("The witness knew another size than expected and is asked again.")


def _signature(checkpoint: Checkpoint, body: bytes, at: datetime) -> tuple[str, datetime]:
    """The one line of an answer that our witness signed; lines of keys that are not known are passed over."""
    verifier = _verifier()
    try:
        note = checkpoint.note + body.decode()
        text, found = opened(note, [verifier])
        seconds = found[verifier]
        signed_at = datetime.fromtimestamp(seconds or 0, UTC)
    except (BadNote, ValueError, OverflowError, OSError):
        raise Refused("The witness's answer is not its signature on our checkpoint.") from None
    # What was added could itself look like the end of another text.
    if text != split(checkpoint.note)[0]:
        raise Refused("The witness's answer is not its signature on our checkpoint.")
    if not seconds or signed_at > at + CLOCKS_DIFFER_BY:
        raise Refused("The time in the witness's signature is not now.")
    lines = [one.line for one in split(note)[1] if (one.name, one.key_id) == (verifier.name, verifier.key_id)]
    return lines[0], signed_at


def _note_failure(failure: Exception, at: datetime) -> None:
    since = _row().values_list("failing_since", flat=True).get() or at
    _row().update(
        failure=str(failure),
        failing_since=since,
        was_refused=isinstance(failure, Refused),
        post_at=at + (POSTED_EVERY if isinstance(failure, AskedAgain) else TRIED_AGAIN_AFTER),
    )


def _unsigned() -> Checkpoint | None:
    """The latest checkpoint, unless the witness has signed it."""
    last = Checkpoint.objects.order_by("-pk").first()
    if last is None or last.cosignatures.filter(witness=_verifier().name).exists():
        return None
    return last


def _may_post(at: datetime) -> bool:
    return not _row().filter(post_at__gt=at).exists()


def _row() -> QuerySet[Witness]:
    return Witness.objects.filter(url=settings.WITNESS_URL)


def _verifier() -> Verifier:
    return parse_verifier(settings.WITNESS_KEY)
