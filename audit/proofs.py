"""Proofs that leave the house: of an entry (C2SP tlog-proof), of a history, and between two checkpoints (tlog-witness).

Each is checked with the customers' own tool before it is handed out. docs/log-format.md describes the formats.
"""

import base64
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any
from uuid import UUID

from django.conf import settings
from django.db.models import QuerySet, Subquery
from django.template.loader import render_to_string

from audit import log_keys
from audit.leaves import Unreadable, entry_bytes, rows_of
from audit.merkle import Node, consistency_proof, inclusion_proof, leaf_hash
from audit.models import Checkpoint, Cosignature, Leaf
from audit.notes import Verifier, is_signature
from audit.published import published_note, signer_of
from audit.queries import latest_checkpoint, places_of
from audit.tiles import BadTile, Tiles, tile_folder
from audit.tool import invoiced_log

MOST_ENTRIES = 2_000
"""How many entries of a history one zip holds, the newest."""
AT_ONCE = 500
MOST_COSIGNED = 10
"""How many cosignatures are looked at for one that has the form of one."""
TOOL = Path(invoiced_log.__file__)
NOT_SEALED = "This entry is not sealed yet. Try again in ten seconds."
NONE_SEALED = "None of these entries is sealed yet. Try again in ten seconds."
DAMAGED = "The files of the log are damaged, and nothing can be proved with them. Run manage.py verify_audit_log."


class NoProof(Exception):
    """There is nothing to prove yet, or something is damaged; the text says what to do."""


@dataclass(frozen=True, slots=True)
class Prover:
    """Proofs against one signed checkpoint."""

    checkpoint: Checkpoint
    note: str
    node: Node

    @classmethod
    def of(cls, checkpoint: Checkpoint) -> "Prover":
        tiles = Tiles(tile_folder(), checkpoint.size)
        return cls(checkpoint, published_note(checkpoint), cache(tiles.node))

    def inclusion(self, leaf: Leaf) -> str:
        """The proof of one entry, as text (C2SP tlog-proof)."""
        try:
            path = inclusion_proof(leaf.index, self.checkpoint.size, self.node)
            root = invoiced_log.root_over(bytes(leaf.hash), leaf.index, self.checkpoint.size, path)
        except (BadTile, OSError):
            raise NoProof(DAMAGED) from None
        if root != bytes(self.checkpoint.root):
            raise NoProof(DAMAGED)
        return f"c2sp.org/tlog-proof@v1\nindex {leaf.index}\n{_lines(path)}\n{self.note}"


def checkpoint_over(indexes: Sequence[int]) -> Checkpoint | None:
    """The latest checkpoint, or the latest a witness signed where that covers no fewer of these places; None if none.

    What the log has signed is never left out because a witness is silent.
    """
    latest = latest_checkpoint()
    covered = [index for index in indexes if latest and index < latest.size]
    if not covered:
        return None
    cosigned = _cosigned_over(max(covered))
    return next((one.checkpoint for one in cosigned[:MOST_COSIGNED] if is_signature(one.line.rstrip())), latest)


def _cosigned_over(index: int) -> QuerySet[Cosignature]:
    """What witnesses signed from the first checkpoint over a place on, the latest first: in the order of an index."""
    over = Checkpoint.objects.filter(size__gt=index).order_by("size", "pk").values("pk")
    signed = Cosignature.objects.filter(checkpoint_id__gte=Subquery(over[:1]))
    return signed.select_related("checkpoint").order_by("-checkpoint_id", "-pk")


def consistency(older: int, newer: Checkpoint) -> str:
    """The proof that a checkpoint continues the tree of `older` entries: the body of tlog-witness's add-checkpoint."""
    prover = Prover.of(newer)
    try:
        path = consistency_proof(older, newer.size, prover.node)
    except (BadTile, OSError):
        raise NoProof(DAMAGED) from None
    return f"old {older}\n{_lines(path)}\n{prover.note}"


def of_entry(log: str, entry: Any) -> IO[bytes]:
    """A zip that proves one entry."""
    return _zip(log, [("", entry)], NOT_SEALED)


def of_history(log: str, entries: Sequence[Any], left_out: bool = False) -> IO[bytes]:
    """A zip that proves several entries, given from the oldest to the newest; those not sealed yet are named in it.

    `left_out` says that there are older ones.
    """
    folders = [(f"{number:03}-{entry.action}/", entry) for number, entry in enumerate(entries, 1)]
    return _zip(log, folders, NONE_SEALED, left_out=left_out)


def _zip(log: str, entries: Sequence[tuple[str, Any]], refusal: str, **facts: Any) -> IO[bytes]:
    places = places_of(log, [entry.pk for _, entry in entries])
    checkpoint = checkpoint_over([leaf.index for leaf in places.values()])
    if not checkpoint:
        raise NoProof(refusal)
    prover = Prover.of(checkpoint)
    waiting = [name for name, entry in entries if not _is_covered(places.get(entry.pk), checkpoint)]
    sealed = [(name, entry) for name, entry in entries if name not in waiting]
    file = TemporaryFile()  # noqa: SIM115  whoever sends it closes it
    try:
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            for start in range(0, len(sealed), AT_ONCE):
                for name, content in _proved(log, sealed[start : start + AT_ONCE], places, prover):
                    _add(archive, name, content)
            readme = _readme(prover, len(sealed), [name.rstrip("/") for name in waiting], facts)
            _add(archive, "README.txt", readme.encode())
            _add(archive, "log.vkey", verifier_keys().encode())
            _add(archive, TOOL.name, TOOL.read_bytes())
    except BaseException:
        file.close()
        raise
    file.seek(0)
    return file


def verifier_keys() -> str:
    """Every key that ever signed, the latest first, a line each."""
    return "".join(f"{verifier}\n" for verifier in reversed(log_keys.verifiers()))


def _proved(
    log: str, entries: Sequence[tuple[str, Any]], places: dict[UUID, Leaf], prover: Prover
) -> Iterator[tuple[str, bytes]]:
    """The files of these entries. An erased one is its hash alone."""
    rows = {UUID(row[0]): row for row in rows_of(log, [entry.pk for _, entry in entries])}
    for name, entry in entries:
        leaf, row = places[entry.pk], rows[entry.pk]
        if _is_erased(entry, row):
            yield f"{name}{invoiced_log.ERASED}", f"{bytes(leaf.hash).hex()}\n".encode()
        else:
            content = _readable(log, leaf.number, row)
            if leaf_hash(content) != bytes(leaf.hash):
                raise NoProof(f"Entry {entry.pk} was changed after it was sealed. Run manage.py verify_audit_log.")
            yield f"{name}{invoiced_log.ENTRY}", content
        yield f"{name}{invoiced_log.PROOF}", prover.inclusion(leaf).encode()


def _readable(log: str, number: int, row: tuple[Any, ...]) -> bytes:
    try:
        return entry_bytes(log, number, row)
    except Unreadable as problem:
        raise NoProof(f"{problem} It was changed after it was sealed. Run manage.py verify_audit_log.") from None


def _is_erased(entry: Any, row: tuple[Any, ...]) -> bool:
    """Also told by the very row that is proved, which then has no salt: it may have been erased since its page."""
    return entry.is_erased or len(row[5]) == 0


def _is_covered(leaf: Leaf | None, checkpoint: Checkpoint) -> bool:
    return leaf is not None and leaf.index < checkpoint.size


def _readme(prover: Prover, count: int, waiting: list[str], facts: dict[str, Any]) -> str:
    key = _signer_of(prover.checkpoint)
    facts |= {
        "count": count,
        "waiting": waiting,
        "most": MOST_ENTRIES,
        "key": key,
        "is_older_key": [key] != log_keys.verifiers()[-1:],
        "log": f"{settings.SITE_URL}/log",
    }
    return render_to_string("audit/proofs/README.txt", facts)


def _signer_of(checkpoint: Checkpoint) -> Verifier:
    if (signer := signer_of(checkpoint)) is None:
        raise NoProof("The checkpoint was signed by no key of this log. Run manage.py verify_audit_log.")
    return signer


def _lines(hashes: Sequence[bytes]) -> str:
    return "".join(f"{base64.b64encode(one).decode()}\n" for one in hashes)


def _add(archive: zipfile.ZipFile, name: str, content: bytes) -> None:
    info = zipfile.ZipInfo(name)
    info.compress_type, info.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
    archive.writestr(info, content)
