"""The right edge of the tree while a check adds to it, one tile of leaf hashes after another."""

from collections.abc import Iterator

from audit.merkle import Frontier, folded
from audit.tiles import HASH, WIDTH, BadTile, Tiles, full_tile_hash


class Edge:
    """The unfinished tile of every level above the leaves; `levels[0]` is the one directly above them."""

    def __init__(self, levels: list[list[str]]) -> None:
        """Go on from what `written` gave; from the empty tree with []."""
        self.levels = [Frontier(int(size), map(bytes.fromhex, roots)) for size, *roots in levels]
        self.tiles_done = sum(level.size * WIDTH**above for above, level in enumerate(self.levels))

    def written(self) -> list[list[str]]:
        """The edge as plain values: of each level how many hashes its tile has, and their complete subtrees."""
        return [[str(level.size), *(root.hex() for root in level.roots)] for level in self.levels]

    def roots_at(self, leaves: list[bytes], counts: list[int]) -> Iterator[tuple[int, bytes]]:
        """The root with the first n of the next tile's leaves, for each n in ascending order."""
        within, done = Frontier(), [root for level in reversed(self.levels) for root in level.roots]
        for count in counts:
            for leaf in leaves[within.size : count]:
                within.add(leaf)
            yield self.tiles_done * WIDTH + count, folded(done + within.roots)

    def add_tile(self, leaves: list[bytes], tiles: Tiles | None) -> list[str]:
        """Add a full tile of leaf hashes; which tiles above do not hold what they must, each in a sentence."""
        self.tiles_done += 1
        new, number, wrong = full_tile_hash(b"".join(leaves)), self.tiles_done - 1, []
        for above, level in enumerate(self._levels(), start=1):
            if tiles:
                wrong += _compared(tiles, above, number, new)
            level.add(new)
            if level.size < WIDTH:
                break
            [new], number = level.roots, number // WIDTH
            level.roots, level.size = [], 0
        return wrong

    def _levels(self) -> Iterator[Frontier]:
        """Every level, and a new one above them whenever it is asked for."""
        yield from self.levels
        while True:
            self.levels.append(Frontier())
            yield self.levels[-1]


def _compared(tiles: Tiles, level: int, index: int, expected: bytes) -> list[str]:
    """Whether a tile above the leaves holds a hash in its place, as far as the tiles have been written."""
    tile, place = divmod(index, WIDTH)
    if place >= tiles.width(level, tile):
        return []
    try:
        stored = tiles.tile(level, tile)
    except BadTile as problem:
        return [str(problem)] if place == 0 else []
    if stored[place * HASH : (place + 1) * HASH] != expected:
        return [f"tile {level}/{tile} holds another hash at {place} than the tiles below it give."]
    return []
