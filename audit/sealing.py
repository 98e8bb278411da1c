"""The sealer: gives entries their place in the tree, writes its tiles, signs its checkpoints.

Writers never wait for it: the database queues what they wrote, and it follows. It may be killed between any two
steps. A place is given in one transaction and is final; tiles follow from the places, a checkpoint from both, and
each is made again from what is there when the next turn begins. What was signed before is checked before more is:
it is kept beside the key (`audit.signed`), where whoever owns the database cannot take it back.
"""

import logging
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import DatabaseError, IntegrityError, transaction

from audit import log_keys, signed
from audit.leaves import Unreadable, entry_hash
from audit.merkle import Frontier, tree_hash
from audit.models import Check, Checkpoint, Leaf, SealerState, Waiting
from audit.notes import Checkpoint as Head
from audit.sealing_lock import only_one
from audit.signed import Contradiction, Signed
from audit.tiles import WIDTH, BadTile, Tiles, put
from audit.waiting import Aside, Place, Row, next_batch, with_rows

logger = logging.getLogger(__name__)

BATCH = 2_000
LEAVES_AT_ONCE = 256 * WIDTH
SIGNED_EVERY = timedelta(seconds=5)
SIGNED_WHEN_QUIET = timedelta(hours=1)
NOTED_EVERY = timedelta(seconds=10)


class CannotSeal(Exception):
    """Something keeps the log from being sealed; the text says what and what to do."""


def turn(at: datetime) -> int:
    """Seal and sign what there is; how many entries got their place. What goes wrong is kept where pages show it."""
    try:
        with only_one() as is_ours:
            return _turn(at) if is_ours else 0
    except OSError as error:
        _note(at, f"The files of the log cannot be written: {error.strerror or error}. Make room, or mend the disk.")
        return 0
    except DatabaseError:
        raise
    except Exception as error:
        logger.exception("a turn of the sealer failed")
        _note(at, f"The sealer failed ({type(error).__name__}: {error}). The log of the server says where.")
        return 0


def _turn(at: datetime) -> int:
    try:
        _signed_before()
        sealed = place_waiting(at)
        publish(at)
    except (CannotSeal, Contradiction, log_keys.KeyLost, BadTile) as problem:
        _note(at, str(problem))
        return 0
    _note(at, "")
    return sealed


def place_waiting(at: datetime) -> int:
    """Give every waiting entry its place, a batch in each transaction; how many.

    What can have none is told of, and does not keep the others.
    """
    placed, after, aside = 0, 0, Aside()
    while batch := next_batch(after, BATCH):
        after = batch[-1][0]
        placed += _place(with_rows(batch, aside), aside, at)
    Waiting.objects.filter(position__in=[position for position, _, _ in aside.again]).delete()
    if problem := str(aside):
        publish(at)
        raise CannotSeal(problem)
    return placed


def publish(at: datetime) -> None:
    """Write the tiles of what is new and sign a checkpoint, where one is due.

    It is kept beside the key, then in the database, then shown: a sealer that was killed goes on with what it kept.
    """
    signer = log_keys.signer(at)
    last, size, before = _signed_before()
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
    # A clock that was set back never signs an earlier time than the last one.
    signed_at = max(at, last.signed_at) if last else at
    note = signed.note_of(Head(signer.name, size, root), [signer, former] if former else [signer], signed_at)
    signed.remember(note)
    _show(Checkpoint.objects.create(size=size, root=root, note=note, signed_at=signed_at))
    if former:
        log_keys.forget_former()


def _signed_before() -> tuple[Checkpoint | None, int, list[Signed]]:
    """The latest checkpoint, how many places there are, and all that was signed, which they must hold."""
    last, size = Checkpoint.objects.order_by("-pk").first(), leaf_count()
    return last, size, signed.everything(log_keys.known(), last, size)


def _keep_again(lost: Signed, last: Checkpoint | None) -> Checkpoint:
    """Put a checkpoint into the database that was signed and is not there, if the places still give its root."""
    tree = Frontier()
    for start in range(0, lost.head.size, LEAVES_AT_ONCE):
        for one in _leaf_hashes(start, min(lost.head.size, start + LEAVES_AT_ONCE)):
            tree.add(one)
    if tree.root() != lost.head.root:
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


def tile_folder() -> Path:
    return settings.LOG_DIR / "tile"


def leaf_count() -> int:
    """How many entries have their place."""
    last = Leaf.objects.order_by("-index").values_list("index", flat=True).first()
    return 0 if last is None else last + 1


def _place(batch: list[tuple[Place, Row]], aside: Aside, at: datetime) -> int:
    """Write the places of a batch. They are worked out beforehand, so that SQLite is locked for a moment only.

    Were somebody else to seal at the same time, the database would refuse the second of two equal places.
    """
    start = leaf_count()
    numbers: dict[str | None, int] = {}
    leaves: list[Leaf] = []
    positions: list[int] = []
    for one, row in batch:
        (position, log, entry_id), company = one, row[1]
        try:
            number = (numbers.get(company) or _last_number(company)) + 1
            hashed = entry_hash(log, number, row)
        except (Unreadable, ValidationError, TypeError):
            aside.unreadable.append(one)
            continue
        numbers[company] = number
        positions.append(position)
        leaves.append(
            Leaf(
                index=start + len(leaves),
                log=log,
                entry_id=entry_id,
                company_id=company and UUID(company),
                number=number,
                hash=hashed,
                sealed_at=at,
            )
        )
    try:
        with transaction.atomic():
            Leaf.objects.bulk_create(leaves, batch_size=500)
            Waiting.objects.filter(position__in=positions).delete()
    except IntegrityError as refusal:
        raise CannotSeal(f"Places were given by somebody else ({refusal}). The next turn tries again.") from None
    return len(leaves)


def _last_number(company_id: str | None) -> int:
    """The running number of the latest sealed entry of a company; of None, of what belongs to no company."""
    about = {"company_id": company_id} if company_id else {"company_id__isnull": True}
    return Leaf.objects.filter(**about).order_by("-number").values_list("number", flat=True).first() or 0


def _is_due(last: Checkpoint | None, size: int, at: datetime) -> bool:
    if last is None or at < last.signed_at:
        return last is None or size > last.size
    return at - last.signed_at >= (SIGNED_EVERY if size > last.size else SIGNED_WHEN_QUIET)


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
    _tell_of_repair(size, damage, at)
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


def _tell_of_repair(size: int, damage: str, at: datetime) -> None:
    """Files that were damaged and written again stand beside the daily checks, as one that found something."""
    sentence = f"Files of the log were damaged ({damage}). They were written again from the database."
    finding = {"what": "tiles_repaired", "sentence": sentence, "index": None, "company": ""}
    Check.objects.create(
        started_at=at, finished_at=at, size=size, position=size, findings=[finding], outcome=Check.Outcome.FAILED
    )


def _leaf_hashes(start: int, end: int) -> list[bytes]:
    found = Leaf.objects.filter(index__gte=start, index__lt=end).order_by("index").values_list("hash", flat=True)
    hashes = [bytes(one) for one in found]
    if len(hashes) != end - start:
        raise CannotSeal(f"Places between {start} and {end} are missing. Run manage.py verify_audit_log.")
    return hashes


def _content(checkpoint: Checkpoint) -> bytes:
    """A checkpoint as everybody is shown it: with what witnesses added."""
    lines = checkpoint.cosignatures.order_by("pk").values_list("line", flat=True)
    return (checkpoint.note + "".join(lines)).encode()


def _is_shown(checkpoint: Checkpoint) -> bool:
    return signed.shown().exists() and signed.shown().read_bytes() == _content(checkpoint)


def _show(checkpoint: Checkpoint) -> None:
    """Write the file of the latest checkpoint."""
    if not _is_shown(checkpoint):
        put(signed.shown(), _content(checkpoint))


def _note(at: datetime, problem: str) -> None:
    """Keep that the sealer is alive, and what is wrong since when. Nothing is written while little has changed."""
    known = SealerState.objects.filter(pk=1).first()
    if known and known.problem == problem and timedelta(0) <= at - known.seen_at < NOTED_EVERY:
        return
    if problem and not (known and known.problem == problem):
        logger.error("the log is not sealed: %s", problem)
    since = known.problem_since if known and known.problem else at
    SealerState.objects.update_or_create(
        pk=1, defaults={"seen_at": at, "problem": problem, "problem_since": since if problem else None}
    )
