"""What is published of the tree: its tiles, and checkpoints that are signed.

Tiles follow from the places, a checkpoint from both, and each is made again from what is there when the next turn
begins. What was signed before is checked before more is: it is kept beside the key (`audit.signed`), where whoever
owns the database cannot take it back.
"""

import logging
from datetime import datetime, timedelta

from django.db.models import Max

from audit import log_keys, notices, signed
from audit.errors import CannotSeal
from audit.merkle import tree_hash
from audit.models import Checkpoint, Leaf, SealerState
from audit.notes import Checkpoint as Head
from audit.placing import leaf_count
from audit.published import published_note
from audit.roots import root_at
from audit.signed import Signed
from audit.tiles import WIDTH, BadTile, Tiles, put, tile_folder

logger = logging.getLogger(__name__)

LEAVES_AT_ONCE = 256 * WIDTH
SIGNED_EVERY = timedelta(seconds=5)
SIGNED_WHEN_QUIET = timedelta(hours=1)
CLOCK_SET_BACK = timedelta(hours=2)
"""By so much at most between giving a place and signing it, seconds later, beyond what was signed before."""


def publish(at: datetime) -> None:
    """Write the tiles of what is new and sign a checkpoint, where one is due.

    It is kept beside the key, then in the database, then shown: a sealer that was killed goes on with what it kept.
    """
    signer = log_keys.signer(at)
    last, size, before = signed_before()
    if before and before[-1].head.size > (last.size if last else 0):
        last = _keep_again(before[-1], last)
    former = log_keys.former_signer()
    is_due = size > 0 and (former is not None or _is_due(last, size, at))
    if not is_due and (last is None or _is_shown(last)):
        return
    tiles = _signed_tiles([one.head for one in before], at)
    if last:
        _show(last)
    if not is_due:
        return
    for start in range(tiles.size, size, LEAVES_AT_ONCE):
        tiles = tiles.extend(_leaf_hashes(start, min(size, start + LEAVES_AT_ONCE)))
    root = tree_hash(0, size, tiles.node)
    signed_at = _time_to_sign(at, last)
    note = signed.note_of(Head(signer.name, size, root), [signer, former] if former else [signer], signed_at)
    signed.remember(note)
    _show(Checkpoint.objects.create(size=size, root=root, note=note, signed_at=signed_at))
    if signed_at > at:
        SealerState.objects.update_or_create(pk=1, defaults={"clock": at}, create_defaults={"clock": at, "seen_at": at})
    if former:
        log_keys.forget_former()


def signed_before() -> tuple[Checkpoint | None, int, list[Signed]]:
    """The latest checkpoint, how many places there are, and all that was signed, which they must hold."""
    last, size = Checkpoint.objects.order_by("-pk").first(), leaf_count()
    return last, size, signed.everything(log_keys.known(), last, size)


def _keep_again(lost: Signed, last: Checkpoint | None) -> Checkpoint:
    """Put a checkpoint into the database that was signed and is not there, if the places still give its root."""
    if root_at(lost.head.size) != lost.head.root:
        raise CannotSeal(_other_root(lost.head.size))
    signed.remember(lost.note)
    signed_at = max(lost.at, last.signed_at) if last else lost.at
    return Checkpoint.objects.create(size=lost.head.size, root=lost.head.root, note=lost.note, signed_at=signed_at)


def rebuild_tiles(size: int) -> Tiles:
    """Write every tile again from the places in the database."""
    tiles = Tiles(tile_folder(), 0)
    for start in range(0, size, LEAVES_AT_ONCE):
        tiles = tiles.extend(_leaf_hashes(start, min(size, start + LEAVES_AT_ONCE)))
    return tiles


def _time_to_sign(at: datetime, last: Checkpoint | None) -> datetime:
    """Now, but where the clock was set back not before what was signed last, or got its place since.

    A place that somebody at the database moved further ahead does not take the log's own time along.
    """
    size, known = (last.size, max(at, last.signed_at)) if last else (0, at)
    unsigned = Leaf.objects.filter(index__gte=size, sealed_at__lte=known + CLOCK_SET_BACK)
    placed = unsigned.aggregate(latest=Max("sealed_at"))["latest"]
    return max(known, placed) if placed else known


def _is_due(last: Checkpoint | None, size: int, at: datetime) -> bool:
    """Whether it is time to sign; a clock that was set back counts from what it said when it last signed since."""
    if last is None:
        return True
    since = last.signed_at if last.signed_at <= at else _clock_when_signed()
    if since is None or since > at:
        return True
    return at - since >= (SIGNED_EVERY if size > last.size else SIGNED_WHEN_QUIET)


def _clock_when_signed() -> datetime | None:
    return SealerState.objects.filter(pk=1).values_list("clock", flat=True).first()


def _signed_tiles(heads: list[Head], at: datetime) -> Tiles:
    """The tiles of what was signed last, which must still give what was signed; damaged ones are written again."""
    if not heads:
        return Tiles(tile_folder(), 0)
    size = heads[-1].size
    tiles = Tiles(tile_folder(), size)
    try:
        if tree_hash(0, size, tiles.node) == heads[-1].root:
            return _grown_out_of(heads, tiles)
        damage = "give another root than was signed"
    except BadTile as missing:
        damage = str(missing)
    logger.error("the tiles of the log are damaged (%s); they are written again", damage)
    tiles = _grown_out_of(heads, rebuild_tiles(size))
    sentence = f"Files of the log were damaged ({damage}). They were written again from the database."
    notices.keep("tiles_repaired", sentence, size, at)
    return tiles


def _grown_out_of(heads: list[Head], tiles: Tiles) -> Tiles:
    """The tiles, unless something was signed that they do not give."""
    for head in heads:
        if tree_hash(0, head.size, tiles.node) != head.root:
            raise CannotSeal(_other_root(head.size))
    return tiles


def _other_root(size: int) -> str:
    return (
        f"The entries no longer give the root that was signed at {size}. Nothing more is signed. "
        "Run manage.py verify_audit_log to see what was changed, and restore the database."
    )


def _leaf_hashes(start: int, end: int) -> list[bytes]:
    found = Leaf.objects.filter(index__gte=start, index__lt=end).order_by("index").values_list("hash", flat=True)
    hashes = [bytes(one) for one in found]
    if len(hashes) != end - start:
        raise CannotSeal(f"Places between {start} and {end} are missing. Run manage.py verify_audit_log.")
    return hashes


def _is_shown(checkpoint: Checkpoint) -> bool:
    return signed.shown().exists() and signed.shown().read_bytes() == published_note(checkpoint).encode()


def _show(checkpoint: Checkpoint) -> None:
    """Write the file of the latest checkpoint."""
    if not _is_shown(checkpoint):
        put(signed.shown(), published_note(checkpoint).encode())
