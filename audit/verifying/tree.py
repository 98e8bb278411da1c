"""The tree over the leaf hashes, against its tiles and against every root that was signed."""

from itertools import groupby
from typing import Any

from django.db.models import BinaryField
from django.db.models.functions import Cast

from audit.models import Checkpoint
from audit.tiles import HASH, WIDTH, BadTile, Tiles
from audit.verifying.edge import Edge
from audit.verifying.findings import Finding, Place
from audit.verifying.rows import places_where

UNKNOWN = b""
SHOWN_OF_A_TILE = 5
Roots = dict[int, list[tuple[bytes, str]]]


def check_tree(
    state: dict[str, Any], start: int, end: int, hashes: dict[int, bytes], tiles: Tiles | None, told: set[int | None]
) -> list[Finding]:
    """Add the leaves from `start`, where a tile begins, to `end`; what was told of already is not told again.

    A leaf that is not in `hashes` is taken from the tile.
    """
    found, edge, signed = [], Edge(state["levels"]), _signed_roots(start, end, state)
    missing = [index for index in range(start, end) if index not in hashes and index not in told]
    found += _missing(missing)
    for first in range(start, end, WIDTH):
        stored, problems = _stored(tiles, first)
        found += problems
        wanted = range(first, min(first + WIDTH, end))
        leaves = [hashes.get(index) or _one(stored, index - first) for index in wanted]
        if stored is not None:
            found += _differing(first, stored, leaves, told.union(missing))
        if UNKNOWN in leaves:
            found += _give_up(state, first)
        counts = [size - first for size in sorted(signed) if first < size <= first + WIDTH]
        for size, root in edge.roots_at(leaves, counts):
            found += _root(state, size, root, signed[size])
        if len(leaves) == WIDTH:
            found += [Finding("tile_changed", f"In the files, {wrong}") for wrong in edge.add_tile(leaves, tiles)]
    state["levels"] = edge.written()
    return found


def _signed_roots(start: int, end: int, state: dict[str, Any]) -> Roots:
    """What was signed at sizes after `start` up to `end`, and at the size of the checkpoint brought from outside.

    Read as bytes whatever SQLite keeps there; that a checkpoint is spoiled is told of elsewhere.
    """
    rows = Checkpoint.objects.filter(size__gt=max(start, state["since"] - 1), size__lte=end).order_by("size", "pk")
    kept = rows.values_list("size", Cast("root", BinaryField()), "pk")
    roots: Roots = {}
    for (size, root), same in groupby(kept, key=lambda row: (int(row[0]), bytes(row[1]))):
        roots.setdefault(size, []).append((root, f"checkpoint {next(same)[2]}"))
    if start < state["since"] <= end:
        given = (bytes.fromhex(state["since_root"]), "checkpoint that was given")
        roots.setdefault(state["since"], []).append(given)
    return roots


def _stored(tiles: Tiles | None, first: int) -> tuple[bytes | None, list[Finding]]:
    """A tile of leaf hashes, as far as it was written; what is wrong with its file."""
    if tiles is None or first >= tiles.size:
        return None, []
    try:
        return tiles.tile(0, first // WIDTH), []
    except BadTile as problem:
        return None, [Finding("tile_missing", f"In the files, {problem}", index=first)]


def _one(stored: bytes | None, place: int) -> bytes:
    return (stored or b"")[place * HASH : (place + 1) * HASH] or UNKNOWN


def _differing(first: int, stored: bytes, leaves: list[bytes], told: set[int | None]) -> list[Finding]:
    if stored == b"".join(leaves)[: len(stored)]:
        return []
    places = [
        place for place in range(len(stored) // HASH) if stored[place * HASH : (place + 1) * HASH] != leaves[place]
    ]
    untold = [first + place for place in places if first + place not in told]
    found = [_of_leaf(index) for index in untold[:SHOWN_OF_A_TILE]]
    if more := untold[SHOWN_OF_A_TILE:]:
        sentence = f"In tile 0/{first // WIDTH} {len(more)} more hashes are not those of the places."
        found.append(Finding("tile_changed", sentence, index=more[0]))
    return found


def _of_leaf(index: int) -> Finding:
    sentence = "The hash in the tile is not the one kept with the place: one of them was changed after sealing."
    [place] = places_where('"index" = %s', [index])
    return Place(*place).finding("tile_changed", sentence)


def _missing(indexes: list[int]) -> list[Finding]:
    """Places that are not there, told of a run at a time."""
    found = []
    for _, run in groupby(enumerate(indexes), key=lambda pair: pair[1] - pair[0]):
        gone = [index for _, index in run]
        which = (
            f"The place {gone[0]} was removed" if len(gone) == 1 else f"The places {gone[0]} to {gone[-1]} were removed"
        )
        found.append(Finding("leaf_removed", f"{which}: nothing says which entries were sealed there.", index=gone[0]))
    return found


def _root(state: dict[str, Any], size: int, root: bytes, signed: list[tuple[bytes, str]]) -> list[Finding]:
    """The first root that does not fit is told of; those after it cannot fit either."""
    wrong = [which for expected, which in signed if expected != root]
    if not wrong or state["is_broken"]:
        return []
    if len(wrong) == len(signed):
        state["is_broken"] = True
    sentence = f"The places do not give the root that was signed at {size} entries ({', '.join(wrong)})."
    return [
        Finding("checkpoint_root", f"{sentence} Every place since the signed root before it is in doubt.", index=size)
    ]


def _give_up(state: dict[str, Any], first: int) -> list[Finding]:
    if state["is_broken"]:
        return []
    state["is_broken"] = True
    sentence = "A hash is neither with its place nor in its tile, so no signed root after it can be checked."
    return [Finding("checkpoint_root", sentence, index=first)]
