"""The walk along the tree: every entry, its place and its number, and the root that was signed at every size."""

from collections.abc import Sequence
from typing import Any

from django.db import connection

from audit.leaves import TABLES, columns, sealed_hash
from audit.spoiled import split_readable
from audit.tiles import WIDTH, BadTile, Tiles, tile_folder
from audit.verifying.dated import count_dated, is_near
from audit.verifying.erasing import UNSEALED, Erasings
from audit.verifying.findings import Finding, Place
from audit.verifying.rows import readable_places, unless_unreadable
from audit.verifying.tree import check_tree

PIECE = 16 * WIDTH
UNREADABLE = ("", None, None, "")


def check_entries(state: dict[str, Any], erasings: Erasings, with_tiles: bool) -> list[Finding]:
    """Check the next piece of the tree.

    `state` is {"position", "size", "signed", "since", "levels", "numbers", "dated", "is_broken"}: up to `since`
    nothing but the hashes of the leaves is taken, and `signed` is how many leaves the tiles must hold.
    """
    start, end = state["position"], min(state["position"] + PIECE, state["size"])
    tiles = Tiles(tile_folder(), state["signed"]) if with_tiles else None
    places, spoiled = readable_places(start, end)
    rows = _rows([place for place in places if place[0] >= state["since"]])
    erasings.begin_piece()
    found = spoiled + _check_places(places, rows, state, erasings, tiles)
    # Where the tile still has what was sealed, the tree is followed with that.
    told = {wrong.index for wrong in found if wrong.what in ("leaf_changed", "unreadable")}
    hashes = {place[0]: bytes(place[5]) for place in places if place[0] not in told}
    state["position"] = end
    return found + check_tree(state, start, end, hashes, tiles, told)


def _check_places(
    places: list[tuple[Any, ...]],
    rows: dict[int, tuple[Any, ...]],
    state: dict[str, Any],
    erasings: Erasings,
    tiles: Tiles | None,
) -> list[Finding]:
    """Every number in its turn, every entry as it was sealed. The loop a check spends its time in."""
    found, numbers, since = [], state["numbers"], state["since"]
    for place in places:
        index, log, _, company, number, sealed, sealed_at = place
        last = numbers.get(company or "", 0)
        numbers[company or ""] = number
        if index < since:
            continue
        if number != last + 1:
            found.append(_out_of_turn(Place(*place), last))
        row = rows.get(index)
        if row is None or row[1] or row[2] or _hash(log, number, row) != sealed:
            found += _told(Place(*place), row, erasings, tiles)
        if row and not is_near(row[6], sealed_at):
            count_dated(state["dated"], Place(*place), row[6])
    return found


def _hash(log: str, number: int, row: tuple[Any, ...]) -> bytes | None:
    """The hash of the entry in a row of ours; None where something in it is no longer what we write."""
    try:
        return sealed_hash(log, number, row[3:])
    except (TypeError, ValueError):
        return None


def _out_of_turn(place: Place, last: int) -> Finding:
    if place.number <= last:
        return place.finding("number_twice", f"The number {place.number} comes after {last} in the same log.")
    missing = f"{last + 1}" if place.number == last + 2 else f"{last + 1} to {place.number - 1}"
    return place.finding("number_gap", f"The number {place.number} comes after {last}: {missing} is missing.")


def _told(place: Place, row: tuple[Any, ...] | None, erasings: Erasings, tiles: Tiles | None) -> list[Finding]:
    """The same as below, also where what it is compared with is spoiled."""
    what = f"What an entry without words is compared with, that of the place {place.index},"
    return unless_unreadable(what, lambda: _not_as_sealed(place, row, erasings, tiles))


def _not_as_sealed(place: Place, row: tuple[Any, ...] | None, erasings: Erasings, tiles: Tiles | None) -> list[Finding]:
    if row is None:
        return [place.finding("entry_removed", "An entry was removed: it was sealed, and is gone.")]
    is_elsewhere, erased_at, entry = row[1], row[2], row[3:]
    if is_elsewhere:
        return [place.finding("leaf_changed_company", "A place names another company than its entry.", entry[3])]
    if erased_at:
        problem = erasings.problem(place.company, place.number, entry, erased_at)
        return [place.finding(*problem, entry[3], problem[0] == UNSEALED)] if problem else []
    if tiles and _in_tile(tiles, place.index) == _hash(place.log, place.number, row):
        sentence = "The hash kept with a place was changed; the entry is as it was sealed."
        return [place.finding("leaf_changed", sentence, entry[3])]
    sentence = "An entry was changed, or its place or number: it no longer gives the hash it was sealed with."
    return [place.finding("entry_changed", sentence, entry[3])]


def _in_tile(tiles: Tiles, index: int) -> bytes | None:
    try:
        return tiles.node(0, index)
    except BadTile:
        return None


def _rows(places: list[tuple[Any, ...]]) -> dict[int, tuple[Any, ...]]:
    """The entries of these places by index: whether the place names another company, whether erased, and the rest.

    SQLite hands out no text that is not UTF-8: of such a row only that it cannot be read.
    """
    found, spoiled = split_readable(_fetched, places) if places else ([], [])
    return {row[0]: row for row in found} | {place[0]: (place[0], False, False, *UNREADABLE) for place in spoiled}


def _fetched(places: Sequence[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """The ids are bounded, though the join names them all: PostgreSQL then takes a stretch of their index."""
    found: list[tuple[Any, ...]] = []
    differs = "IS DISTINCT FROM" if connection.vendor == "postgresql" else "IS NOT"
    ids = [place[2] for place in places]
    with connection.cursor() as cursor:
        for log, table in TABLES.items():
            cursor.execute(
                f'SELECT l."index", l.company_id {differs} e.company_id, CAST(e.erased_at AS text), '  # noqa: S608
                f"{columns('e')} FROM audit_leaf l JOIN {table} e ON e.id = l.entry_id "
                'WHERE l."index" >= %s AND l."index" <= %s AND l.log = %s AND e.id >= %s AND e.id <= %s',
                [places[0][0], places[-1][0], log, min(ids), max(ids)],
            )
            found += cursor.fetchall()
    return found
